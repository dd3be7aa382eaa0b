-- Platen's agents at Prosody 0.12. It asks Platen's server, which is an external component (XEP-0114), for the keys of an
-- account and whether a login may bind, tells it who is connected, and passes all requests on between it and the agents.
-- Nothing is stored here. The messages are in docs/PROTOCOL.md, "XMPP engine".
--
-- In the VirtualHost of the agents: authentication = "platen"

local async = require "util.async";
local base64 = require "util.encodings".base64;
local jid_split = require "util.jid".split;
local new_sasl = require "util.sasl".new;
local st = require "util.stanza";
local timer = require "util.timer";
local new_id = require "util.uuid".generate;

local host = module.host;
local component = module:get_option_string("platen_component", "platen."..host);
local ask_seconds = module:get_option_number("platen_ask_seconds", 30);
local login_seconds = module:get_option_number("platen_login_seconds", 60);
local failure_seconds = module:get_option_number("platen_failure_seconds", 1);
local tries_per_stream = module:get_option_number("platen_tries_per_stream", 3);
local most_asked = module:get_option_number("platen_most_asked", 10000);
local most_depth = module:get_option_number("platen_stanza_depth", 32);
local most_elements = module:get_option_number("platen_stanza_elements", 2000);

local ns = "urn:platen:engine:1";
local ns_session = "urn:ietf:params:xml:ns:xmpp-session";

-- Requests to the component that it has not answered, by ID.
local asked, number_asked = {}, 0;

local function is_connected()
	local it = prosody.hosts[component];
	return it and it.modules.component and it.modules.component.connected;
end

-- Waits for the answer of the component. Returns an iq, or nil if there is none in time.
local function ask(kind, payload)
	if not is_connected() or number_asked >= most_asked then return nil; end
	local id, answer = new_id(), nil;
	local wait, done = async.waiter();
	local function settle(iq)
		if not asked[id] then return; end
		asked[id], number_asked = nil, number_asked - 1;
		answer = iq;
		done();
	end
	asked[id], number_asked = settle, number_asked + 1;
	local late = timer.add_task(ask_seconds, function () settle(nil); end);
	module:send(st.iq({ type = kind, id = id, from = host, to = component }):add_child(payload));
	wait();
	timer.stop(late);
	return answer;
end

local function sleep(seconds)
	local wait, done = async.waiter();
	timer.add_task(seconds, function () done(); end);
	wait();
end

local function sessions_of(name)
	local user, found = prosody.hosts[host].sessions[name], {};
	for _, session in pairs(user and user.sessions or {}) do found[#found + 1] = session; end
	return found;
end

local function note(full_jid, kind)
	if is_connected() then module:send(st.presence({ from = full_jid, to = component, type = kind })); end
end

-- Accounts

local function keys_of(handler, name, hash)
	handler.platen = nil;
	local answer = ask("get", st.stanza("login", { xmlns = ns, name = name, hash = hash }));
	local keys = answer and answer.attr.type == "result" and answer:get_child("login", ns);
	if not keys then
		handler.is_unavailable = true;
		return nil;
	end
	local at = keys.attr;
	handler.platen = { name = name, hash = hash, salt = at.salt, removed = at.removed == "true" };
	return base64.decode(at["stored-key"]), base64.decode(at["server-key"]), tonumber(at.iterations), base64.decode(at.salt), true;
end

local profile = {
	scram_sha_256 = function (handler, name) return keys_of(handler, name, "sha-256"); end;
	scram_sha_1 = function (handler, name) return keys_of(handler, name, "sha-1"); end;
};

local function sasl_handler_of(session)
	local handler = new_sasl(host, profile);
	local process = handler.process;
	function handler:process(message)
		local status, value, text = process(self, message);
		if status == "success" and self.platen.removed then
			-- only an agent that has proved its password learns that
			status, value, text = "failure", "account-disabled", nil;
		elseif status == "success" then
			session.platen = self.platen;
		end
		if status ~= "failure" then return status, value, text; end
		if self.is_unavailable then value, text = "temporary-auth-failure", nil; end
		session.platen_failures = (session.platen_failures or 0) + 1;
		sleep(failure_seconds);
		if session.platen_failures and session.platen_failures >= tries_per_stream then
			timer.add_task(0, function ()
				if not session.destroyed then session:close{ condition = "policy-violation", text = "too many attempts" }; end
			end);
		end
		return "failure", value, text;
	end
	function handler:clean_clone() return sasl_handler_of(session); end
	return handler;
end

local provider = {};
local function not_here() return nil, "accounts are those of Platen"; end
provider.test_password, provider.set_password, provider.create_user, provider.delete_user = not_here, not_here, not_here, not_here;
function provider.user_exists() return true; end
function provider.get_sasl_handler(session) return sasl_handler_of(session); end
module:provides("auth", provider);

-- Logins

module:hook("stream-features", function (event)
	local session = event.origin;
	if session.platen_deadline then return; end
	session.platen_deadline = true;
	timer.add_task(login_seconds, function ()
		if not session.destroyed and not session.full_jid then session:close("connection-timeout"); end
	end);
end);

-- Whether an agent that has proved its password may bind; the component also chooses the resource.
module:hook("pre-resource-bind", function (event)
	local session = event.session;
	local login, name = session.platen, session.username;
	if not login or login.name ~= name then return false; end
	session.platen = nil;
	local answer = ask("set", st.stanza("bind", {
		xmlns = ns, name = name, hash = login.hash, salt = login.salt, requested = event.resource, address = session.ip;
	}));
	local bind = answer and answer.attr.type == "result" and answer:get_child("bind", ns);
	if session.destroyed then
		if bind then note(name.."@"..host.."/"..bind.attr.resource, "unavailable"); end
		return false;
	end
	if bind then
		event.resource = bind.attr.resource;
		return;
	end
	local condition, text, retry = "internal-server-error", nil, nil;
	if answer then
		local _;
		_, condition, text = answer:get_error();
		local error = answer:get_child("error");
		for _, child in ipairs(error and error.tags or {}) do
			if child.name == "retry" then retry = st.clone(child); end
		end
	end
	if condition == "conflict" or condition == "not-allowed" then
		event.error = { type = "cancel", condition = condition, text = text };
		return false;
	end
	session:close{ condition = condition, text = text, extra = retry };
	return false;
end);

module:hook("resource-bind", function (event) note(event.session.full_jid); end);
module:hook("resource-unbind", function (event) note(event.session.full_jid, "unavailable"); end);

-- A server that connects knows no stream of an earlier connection: streams end with the connection of the component.
local function end_all()
	for _, settle in pairs(asked) do timer.add_task(0, function () settle(nil); end); end
	for name in pairs(prosody.hosts[host].sessions) do
		for _, session in ipairs(sessions_of(name)) do
			timer.add_task(0, function ()
				if not session.destroyed then session:close{ condition = "system-shutdown", text = "the server is stopping" }; end
			end);
		end
	end
end
local function watch_component()
	module:context(component):hook("component-authenticated", end_all, 10);
	module:context(component):hook("component-disconnected", end_all);
end
if prosody.hosts[component] then
	watch_component();
else
	module:hook_global("host-activated", function (name)
		if name == component then watch_component(); end
	end);
end

-- Requests of agents

local function is_within_limits(stanza)
	local left = most_elements;
	local function check(element, depth)
		left = left - 1;
		if left < 0 or depth > most_depth then return false; end
		for _, child in ipairs(element.tags) do
			if not check(child, depth + 1) then return false; end
		end
		return true;
	end
	return check(stanza, 2);
end

local function is_for_server(session, to)
	return not to or to == host or to == session.full_jid or to == session.username.."@"..host;
end

module:hook("pre-stanza", function (event)
	local session, stanza = event.origin, event.stanza;
	-- agents need neither presence nor messages: both are legal and discarded
	if stanza.name ~= "iq" then return true; end
	local kind, payload = stanza.attr.type, stanza.tags[1];
	local is_request = kind ~= "result" and kind ~= "error";
	if not is_for_server(session, stanza.attr.to) then
		if is_request then session.send(st.error_reply(stanza, "cancel", "service-unavailable")); end
		return true;
	end
	if kind == "set" and payload and payload.attr.xmlns == ns_session then
		session.send(st.reply(stanza));
		return true;
	end
	if not is_within_limits(stanza) then
		session:close{ condition = "policy-violation", text = "the stanza has too many elements" };
		return true;
	end
	stanza.attr.to = component;
	prosody.core_post_stanza(session, stanza);
	return true;
end, 1000);

-- Stanzas of the component

local function to_agent(event)
	local stanza = event.stanza;
	if stanza.attr.from ~= component or stanza.name ~= "iq" then return true; end
	local session = prosody.full_sessions[stanza.attr.to];
	if session then
		stanza.attr.from = host;
		session.send(stanza);
	else
		note(stanza.attr.to, "unavailable");
	end
	return true;
end

local function end_stream(element)
	local at = element.attr;
	local name, _, resource = jid_split(at.jid);
	local user = prosody.hosts[host].sessions[name];
	local session = user and user.sessions[resource];
	if not session then return; end
	if not at.condition then
		local conn = session.conn;
		session:close();
		if conn then conn:close(); end
		return;
	end
	session:close{ condition = at.condition, text = at.text };
end

local function to_engine(event)
	local stanza = event.stanza;
	if stanza.attr.from ~= component then return true; end
	local kind = stanza.attr.type;
	if stanza.name == "message" then
		local element = stanza:get_child("end", ns);
		if element then end_stream(element); end
	elseif stanza.name == "iq" and (kind == "result" or kind == "error") then
		local settle = asked[stanza.attr.id];
		if settle then settle(stanza); end
	elseif stanza.name == "iq" and stanza:get_child("engine", ns) then
		module:send(st.reply(stanza):tag("engine", { xmlns = ns, name = "Prosody", version = prosody.version }));
	elseif stanza.name == "iq" then
		module:send(st.error_reply(stanza, "cancel", "service-unavailable"));
	end
	return true;
end

for _, name in ipairs{ "iq", "message", "presence" } do
	module:hook(name.."/full", to_agent, 1000);
	module:hook(name.."/bare", function () return true; end, 1000);
	module:hook(name.."/host", to_engine, 1000);
end
