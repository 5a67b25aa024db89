"""What every test shares: hypothesis without a wall clock.

Machines that run tests are busy; a slow example is not a wrong one. Everything else that tests need
stands in the package that needs it (`tests/peers/harness.py` starts other people's programs).
"""

from hypothesis import HealthCheck, settings

settings.register_profile("httpdlite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("httpdlite")
