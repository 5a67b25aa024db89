"""memory.py: what is kept, and how much of it."""

from httpdlite.routes.memory import Memory


def test_an_answer_is_kept_from_its_second_time_on() -> None:
    memory: Memory[str, int] = Memory(10)
    memory.offer("a", 1)
    assert memory.get("a") is None
    memory.offer("a", 1)
    assert memory.get("a") == 1


def test_it_stays_bounded_whatever_comes() -> None:
    memory: Memory[int, int] = Memory(10)
    for number in range(1000):
        memory.offer(number, number)
    assert not memory
    assert len(memory._met) <= 40
    for number in range(1000):
        for _ in range(2):
            memory.offer(number, number)
    assert 0 < len(memory) <= 10
