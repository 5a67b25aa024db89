"""The migration aid: what a configuration will do here, for the person who moves it. Pure.

It reads conf and routes; nothing of the data path knows of it.
"""
