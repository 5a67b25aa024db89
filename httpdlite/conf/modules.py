"""Which modules count as loaded, and with them which directives exist.

In: LoadModule as it is read. Out: whether a module is loaded, whether a directive is there.

1. Until the first LoadModule every module of stock httpd counts as loaded, but for the MPMs that we
   are not. A file without LoadModule lines is one of many on its machine: what it has in
   <IfModule mod_ssl.c> or <IfModule mod_authz_core.c> is meant, and must be refused by name where
   httpdlite does not do it. Passing it over, as httpd does without the module, would drop
   protections in silence. A third-party module does not count, since nothing says that it is there,
   and a name that nobody knows is false; both with a warning.
2. From the first LoadModule on, only those count that are loaded or static. One that httpdlite does
   not have can be loaded: <IfModule> is then true, as the file means it, and its directives are
   refused by name. The path of the .so is not looked at.
"""

from dataclasses import dataclass, field

from httpdlite.conf.call import Module
from httpdlite.conf.registry import Entry, Registry


@dataclass(slots=True)
class LoadedModules:
    """The modules as far as the configuration has been read."""

    registry: Registry
    explicit: bool = False
    loaded: set[str] = field(default_factory=set)
    has_mpm: bool = False

    def load(self, identifier: str) -> bool:
        """Takes a LoadModule; false if that module had been loaded by an earlier one."""
        self.explicit = True
        if identifier in self.loaded:
            return False
        self.loaded.add(identifier)
        self.has_mpm = self.has_mpm or identifier.startswith("mpm_")
        return True

    def has(self, module: Module) -> bool:
        """Whether a module is there: loaded, static, or implemented as long as none is loaded."""
        if module.identifier in self.loaded:
            return True
        if module.static:
            return not (self.has_mpm and module.identifier.startswith("mpm_"))  # another one then
        return module.implemented and not module.third_party and not self.explicit

    def counts(self, module: Module) -> bool:
        """Whether a module counts as loaded in conditions (rule 1)."""
        if self.has(module):
            return True
        if self.explicit or module.third_party:
            return False
        return not module.identifier.startswith("mpm_")

    def find(self, name: str) -> Module | None:
        """A module that counts as loaded, by identifier or source file; case-sensitive."""
        module = self.registry.module(name)
        return module if module and self.counts(module) else None

    def offers(self, entry: Entry) -> bool:
        """Whether a directive can be used: is known, even if only to be refused."""
        return not self.explicit or self.registers(entry)

    def registers(self, entry: Entry) -> bool:
        """Whether a directive is there for <IfDirective>."""
        return any(map(self.counts, entry.modules))

    def identifiers(self) -> frozenset[str]:
        """The identifiers of every module that is there."""
        return frozenset(m.identifier for m in self.registry.modules.values() if self.has(m))
