"""Which modules count as loaded, and with them which directives exist.

In: LoadModule as it is read. Out: whether a module is loaded, whether a directive is there.

1. Until the first LoadModule every module that httpdlite implements counts as loaded. Modules that
   it does not have count as absent for <IfModule>, as if they had not been installed: a body such
   as that of <IfModule mod_ssl.c> in a file without any LoadModule is then passed over, as Apache
   does where the package is missing. Outside of such sections their directives are still known,
   and refused by name.
2. From the first LoadModule on, only those count that are loaded or static. One that httpdlite does
   not have can be loaded: <IfModule> is then true, as the file means it, and its directives are
   refused by name. The path of the .so is not looked at.
"""

from dataclasses import dataclass, field

from httpdlite.conf.registry import Entry, Module, Registry


@dataclass(slots=True)
class LoadedModules:
    """The modules as far as the configuration has been read."""

    registry: Registry
    explicit: bool = False
    loaded: set[str] = field(default_factory=set)

    def load(self, identifier: str) -> bool:
        """Takes a LoadModule; false if that module had been loaded by an earlier one."""
        self.explicit = True
        if identifier in self.loaded:
            return False
        self.loaded.add(identifier)
        return True

    def has(self, module: Module) -> bool:
        """Whether a module counts as loaded."""
        if module.static or module.identifier in self.loaded:
            return True
        return module.implemented and not self.explicit

    def find(self, name: str) -> Module | None:
        """A loaded module by identifier or source file; case-sensitive."""
        module = self.registry.module(name)
        return module if module and self.has(module) else None

    def offers(self, entry: Entry) -> bool:
        """Whether a directive can be used: is known, even if only to be refused."""
        return not self.explicit or self.registers(entry)

    def registers(self, entry: Entry) -> bool:
        """Whether a directive is there for <IfDirective>."""
        return any(map(self.has, entry.modules))

    def identifiers(self) -> frozenset[str]:
        """The identifiers of everything that counts as loaded."""
        return frozenset(m.identifier for m in self.registry.modules.values() if self.has(m))
