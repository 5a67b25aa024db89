"""What AllowOverride has a word for, of what may stand in a .htaccess.

In: a name. Out: whether AllowOverride AuthConfig lets it in. The authorization sections take over
just that class: in <RequireAll> and its like nothing else may stand, in an <AuthnProviderAlias> or
<AuthzProviderAlias> beside it what may stand in a <Directory> but in no .htaccess. The names are
those whose class is another one, as `apache2 -L` of 2.4.71 says; the rest is AuthConfig or any.
"""

from typing import Final

from httpdlite.conf.call import DIRECTORY, HTACCESS
from httpdlite.conf.rows import Row

_OTHERS: Final = """
FileInfo
  AcceptPathInfo Action AddCharset AddDefaultCharset AddEncoding AddHandler AddInputFilter
  AddLanguage AddOutputFilter AddOutputFilterByType AddType AliasPreservePath
  AuthnzFcgiCheckAuthnProvider BrowserMatch BrowserMatchNoCase CGIVar CharsetDefault CharsetOptions
  CharsetSourceEnc CookieDomain CookieExpires CookieHttpOnly CookieName CookieSameSite CookieSecure
  CookieStyle CookieTracking DefaultLanguage DefaultType EnableMMAP EnableSendfile ErrorDocument
  FileETag ForceLanguagePriority ForceType H2CopyFiles H2ProxyRequests Header LanguagePriority
  MultiviewsMatch PassEnv ProxyExpressDBMFile ProxyExpressDBMType ProxyExpressEnable
  ProxyFCGIBackendType ProxyFCGISetEnvIf ProxyHCExpr ProxyHCTemplate QualifyRedirectURL Redirect
  RedirectMatch RedirectPermanent RedirectRelative RedirectTemp RemoveCharset RemoveEncoding
  RemoveHandler RemoveInputFilter RemoveLanguage RemoveOutputFilter RemoveType RequestHeader
  RewriteBase RewriteCond RewriteEngine RewriteOptions RewriteRule SetEnv SetEnvIf SetEnvIfExpr
  SetEnvIfNoCase SetHandler SetInputFilter SetOutputFilter Substitute SubstituteInheritBefore
  SubstituteMaxLineLength UnsetEnv
Indexes
  AddAlt AddAltByEncoding AddAltByType AddDescription AddIcon AddIconByEncoding AddIconByType
  DefaultIcon DirectoryCheckHandler DirectoryIndex DirectoryIndexRedirect DirectorySlash
  ExpiresActive ExpiresByType ExpiresDefault FallbackResource HeaderName ImapBase ImapDefault
  ImapMenu IndexHeadInsert IndexIgnore IndexIgnoreReset IndexOptions IndexOrderDefault
  IndexStyleSheet MetaDir MetaFiles MetaSuffix ReadmeName
Options
  CheckBasenameMatch CheckCaseOnly CheckSpelling ContentDigest FilterChain FilterDeclare
  FilterProtocol FilterProvider Options ReflectorHeader SSLOptions XBitHack
Limit
  allow deny order SSIEtag SSILastModified SSILegacyExprParser
"""

_NOT_AUTH_CONFIG: Final = frozenset(_OTHERS.lower().split())

REQUIRE: Final = frozenset({"<requireall", "<requireany", "<requirenone"})
ALIAS: Final = frozenset({"<authnprovideralias", "<authzprovideralias"})


def is_auth_config(row: Row, *, alias: bool) -> bool:
    """Whether a row may stand where only AllowOverride AuthConfig counts.

    With `alias` also what may stand in a <Directory> but in no .htaccess.
    """
    if HTACCESS in row.contexts:
        return row.key not in _NOT_AUTH_CONFIG
    return alias and DIRECTORY in row.contexts
