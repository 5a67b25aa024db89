"""The pages of the codes of what is wrong with TLS: certificates, keys, what is missing.

In: nothing. Out: rows for codes.py, which has the table.
"""

from typing import Final

from httpdlite.diagnostics.code import code_row

TLS: Final = (
    code_row(
        "would-fail",
        "what Apache's test accepts, and its start or its requests do not",
        means="""Apache's `-t` opens no certificate. httpdlite looks at what a virtual host with TLS
            names: a certificate and a key that cannot be read, do not belong together or are
            encrypted; no certificate, no version of TLS, or no revocation lists at all; an https://
            worker where SSLProxyEngine is not On.""",
        example="""
            # the key of another certificate
            SSLEngine on
            SSLCertificateFile /etc/ssl/certs/www.pem
            SSLCertificateKeyFile /etc/ssl/private/other.key
            """,
        mend="Correct the file or the line that is named.",
        apache="""
            Syntax OK
            # and at the start:
            [ssl:emerg] AH02565: Certificate and private key HOST:443:0 from FILE and FILE do not \
match
            AH00016: Configuration Failed
            """,
    ),
    code_row(
        "certificate-name",
        "a certificate is not for a name of its virtual host",
        means="""Clients compare the name they asked for with the names in the certificate. Those
            of the virtual host are ServerName and ServerAlias. `*.example.com` in a certificate
            stands for one label, so it is not for example.com itself.""",
        example="""
            ServerName www.example.com
            SSLEngine on
            # for mail.example.com only
            SSLCertificateFile /etc/ssl/certs/mail.pem
            """,
        mend="Get a certificate with all names, or give the name a virtual host of its own.",
        apache="""
            # at the start:
            [ssl:warn] AH01909: HOST:443:0 server certificate does NOT include an ID which matches \
the server name
            """,
    ),
    code_row(
        "certificate-dates",
        "a certificate has expired, expires within 21 days, or is not good yet",
        means="Clients refuse a certificate before its first and after its last day.",
        example="""
            SSLEngine on
            SSLCertificateFile /etc/ssl/certs/last-year.pem
            """,
        mend="Renew the certificate, and reload: a reload reads certificates again.",
        apache=None,
    ),
    code_row(
        "certificate-chain",
        "the certificates of a file are not in order",
        means="""The file begins with the server's own certificate; each one that follows has to be
            of the authority that issued the one before it. Some clients forgive another order.""",
        example="""
            # own certificate, root, intermediate
            SSLCertificateFile /etc/ssl/certs/disordered.pem
            """,
        mend="Put the certificates in order. The root may be left out.",
        apache=None,
    ),
    code_row(
        "readable-key",
        "everybody on the machine may read a private key",
        means="""Whoever has the key can pretend to be this server. httpdlite reads keys before it
            gives up root's rights, so that nobody else needs to.""",
        example="""
            # -rw-r--r-- root root
            SSLCertificateKeyFile /etc/ssl/private/www.key
            """,
        mend="`chmod 600` the file.",
        apache=None,
    ),
    code_row(
        "unused-revocations",
        "revocation lists that nobody looks at",
        means="""SSLCARevocationFile and SSLCARevocationPath name lists; whether these count is said
            by SSLCARevocationCheck, which is none by default. A revoked certificate passes.""",
        example="""
            SSLVerifyClient require
            SSLCARevocationFile /etc/ssl/clients.crl
            """,
        mend="Write `SSLCARevocationCheck leaf`, or `chain` if every authority has a list.",
        apache="""
            # at the start:
            [ssl:warn] AH01902: Host HOST:443: X.509 CRL storage locations configured, but CRL \
checking (SSLCARevocationCheck) is not enabled
            """,
    ),
    code_row(
        "no-authorities",
        "clients' certificates are asked for, and no authority is named",
        means="""A client's certificate counts if one of the authorities has issued it that
            SSLCACertificateFile or SSLCACertificatePath names. Without any of them no certificate
            counts: with `require` nobody gets a connection, with `optional` only those without a
            certificate do.""",
        example="""
            SSLEngine on
            SSLCertificateFile /etc/ssl/certs/www.pem
            SSLVerifyClient require
            """,
        mend="Name the authorities with SSLCACertificateFile.",
        apache="""
            # at the start, with require:
            [ssl:warn] AH01897: Init: Oops, you want to request client authentication, but no CAs \
are known for verification!?  [Hint: SSLCACertificate*]
            """,
    ),
    code_row(
        "tls-and-plain",
        "virtual hosts of one address of which some speak TLS",
        means="""Whether TLS is spoken on a connection is decided before anything is read from it,
            so the first virtual host of the address decides for all. If it speaks TLS, one that
            does not is served over TLS, too, with the first one's certificate. If it does not, none
            does: clients of the others with https:// get no connection.""",
        example="""
            <VirtualHost *:443>
            ServerName old.example.com
            </VirtualHost>
            <VirtualHost *:443>
            ServerName www.example.com
            SSLEngine on
            SSLCertificateFile /etc/ssl/certs/www.pem
            </VirtualHost>
            """,
        mend="""Write `SSLEngine on` with a certificate in all of them, or give the virtual hosts
            without TLS a port of their own.""",
        apache=None,
    ),
)
