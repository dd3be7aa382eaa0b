-- Prosody 0.12 for the agents of Platen; see docs/RUNNING.md, "Agents on Prosody". It serves nothing else.

local function first_line(path)
	local file = assert(io.open(path))
	local line = file:read("l")
	file:close()
	return line
end

-- The folder of mod_auth_platen.lua.
plugin_paths = { "/etc/prosody/platen" }
pidfile = "/run/prosody/prosody.pid"
data_path = "/var/lib/prosody"
log = { info = "/var/log/prosody/prosody.log" }

-- Agents: direct TLS only, with the key that they pin (PLATEN_DATA/tls/control-channel.pem).
c2s_ports = {}
c2s_direct_tls_ports = { 5223 }
c2s_direct_tls_interfaces = { "*" }
ssl = {
	key = "/etc/prosody/certs/control-channel.pem";
	certificate = "/etc/prosody/certs/control-channel.pem";
	protocol = "tlsv1_2+";
}
c2s_require_encryption = true
c2s_timeout = 15
c2s_unauthed_stanza_size_limit = 10000
c2s_stanza_size_limit = 65536
c2s_max_child_elements = 2000
limits = { c2s = { rate = "64kb/s", burst = "4s" } }
network_settings = { ssl_handshake_timeout = 10, read_timeout = 120, send_timeout = 60 }

-- Platen's server. XEP-0114 is not encrypted: this computer, or a network of which that is true, too.
component_ports = { 5347 }
component_interfaces = { "127.0.0.1" }
component_stanza_size_limit = 524288

s2s_ports = {}
modules_enabled = { "c2s", "saslauth", "limits", "posix" }
modules_disabled = { "s2s", "offline", "presence", "message", "iq", "register" }
allow_registration = false
storage = "none"

-- PLATEN_XMPP_DOMAIN
VirtualHost "platen.local"
	authentication = "platen"

-- "platen." and that domain
Component "platen.platen.local"
	component_secret = first_line("/etc/prosody/platen/secret")
	-- a server that has lost its connection unnoticed replaces it
	component_conflict_resolve = "kick_old"
	validate_from_addresses = true
