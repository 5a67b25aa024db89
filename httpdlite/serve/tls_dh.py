"""Parameters for the older kind of Diffie-Hellman (ciphers with DHE, up to TLS 1.2), which OpenSSL
takes of itself for Apache; Python's ``ssl`` must be given them, else these ciphers are not there.

Comes in: the contents of certificates' files. Goes out: parameters in PEM, or None where no key is
RSA, since only these have such ciphers. Hides the groups, and how large a certificate's key is.

As mod_ssl has it: the parameters in the first certificate's file count; without them it is a group
as large as the RSA key. Ours are those of RFC 7919, which are as safe as others and let OpenSSL use
short exponents: a handshake with 2048 bits costs no more than its signature.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final

_OWN: Final = re.compile(
    rb"-----BEGIN (?:X9\.42 )?DH PARAMETERS-----.*?-----END (?:X9\.42 )?DH PARAMETERS-----\n?",
    re.DOTALL,
)
_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)-----END", re.DOTALL
)
_RSA_KEY: Final = re.compile(
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"  # rsaEncryption, NULL
    rb"\x03\x82..\x00\x30\x82..\x02\x82(..)\x00",  # a bit string with a sequence: the modulus first
    re.DOTALL,
)
"""In a certificate's DER; keys below 1024 bits have another form, and are not accepted."""


def dh_parameters(certificates: Sequence[bytes]) -> bytes | None:
    """What a vhost with these certificates needs, in their order."""
    if certificates and (own := _OWN.search(certificates[0])) is not None:
        return own[0]
    sizes = [size for data in certificates if (size := rsa_bits(data)) is not None]
    if not sizes:
        return None
    return max((group for group in GROUPS.items() if group[0] <= sizes[0]), default=_SMALLEST)[1]


def rsa_bits(certificate: bytes) -> int | None:
    """The size of the first certificate's RSA key; None: it has none."""
    found = _CERTIFICATE.search(certificate)
    if found is None:
        return None
    try:
        der = base64.b64decode(found[1])
    except binascii.Error:
        return None
    modulus = _RSA_KEY.search(der)
    return None if modulus is None else 8 * (int.from_bytes(modulus[1], "big") - 1)


GROUPS: Final = {  # ffdhe2048, ffdhe3072, ffdhe4096
    2048: b"""-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
""",
    3072: b"""-----BEGIN DH PARAMETERS-----
MIIBiAKCAYEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEfz9zeNVs7ZRkDW7w09N75nAI4YbRvydbmyQd62R0mkff3
7lmMsPrBhtkcrv4TCYUTknC0EwyTvEN5RPT9RFLi103TZPLiHnH1S/9croKrnJ32
nuhtK8UiNjoNq8Uhl5sN6todv5pC1cRITgq80Gv6U93vPBsg7j/VnXwl5B0rZsYu
N///////////AgEC
-----END DH PARAMETERS-----
""",
    4096: b"""-----BEGIN DH PARAMETERS-----
MIICCAKCAgEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEfz9zeNVs7ZRkDW7w09N75nAI4YbRvydbmyQd62R0mkff3
7lmMsPrBhtkcrv4TCYUTknC0EwyTvEN5RPT9RFLi103TZPLiHnH1S/9croKrnJ32
nuhtK8UiNjoNq8Uhl5sN6todv5pC1cRITgq80Gv6U93vPBsg7j/VnXwl5B0rZp4e
8W5vUsMWTfT7eTDp5OWIV7asfV9C1p9tGHdjzx1VA0AEh/VbpX4xzHpxNciG77Qx
iu1qHgEtnmgyqQdgCpGBMMRtx3j5ca0AOAkpmaMzy4t6Gh25PXFAADwqTs6p+Y0K
zAqCkc3OyX3Pjsm1Wn+IpGtNtahR9EGC4caKAH5eZV9q//////////8CAQI=
-----END DH PARAMETERS-----
""",
}
_SMALLEST: Final = (2048, GROUPS[2048])
