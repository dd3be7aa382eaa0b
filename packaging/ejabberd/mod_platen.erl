%% Platen's agents at ejabberd 23.01: the side of the component. Platen's server is an external component (XEP-0114) that has
%% the accounts, admits logins, and gets all requests of agents; their streams are in platen_c2s. Nothing is stored here. The
%% messages are in docs/PROTOCOL.md, "XMPP engine".
%%
%% All nodes of a cluster know the component and the sessions, so that it does not matter which node has which.

-module(mod_platen).
-behaviour(gen_mod).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([component_connected/1, component_disconnected/2, from_component/1]).
-export([ask/3, to_component/2, report/3, ns/0]).

-include_lib("p1_xmpp/include/xmpp.hrl").
-include_lib("ejabberd/include/ejabberd_router.hrl").

-define(NS, <<"urn:platen:engine:1">>).

ns() -> ?NS.

%% Module

start(_Host, _Opts) ->
    ejabberd_hooks:add(component_connected, ?MODULE, component_connected, 10),
    ejabberd_hooks:add(component_disconnected, ?MODULE, component_disconnected, 10),
    ejabberd_hooks:add(component_send_packet, ?MODULE, from_component, 10).

stop(Host) ->
    case gen_mod:is_loaded_elsewhere(Host, ?MODULE) of
        true -> ok;
        false ->
            ejabberd_hooks:delete(component_connected, ?MODULE, component_connected, 10),
            ejabberd_hooks:delete(component_disconnected, ?MODULE, component_disconnected, 10),
            ejabberd_hooks:delete(component_send_packet, ?MODULE, from_component, 10)
    end.

reload(_Host, _New, _Old) -> ok.

depends(_Host, _Opts) -> [].

mod_options(Host) ->
    [{component, <<"platen.", Host/binary>>},
     {ask_timeout, timer:seconds(30)},
     {failure_delay, timer:seconds(1)},
     {tries_per_stream, 3}].

mod_opt_type(component) -> econf:domain();
mod_opt_type(ask_timeout) -> econf:timeout(second);
mod_opt_type(failure_delay) -> econf:timeout(millisecond);
mod_opt_type(tries_per_stream) -> econf:pos_int().

mod_doc() -> #{}.

%% For the streams of agents

%% Waits for the answer of the component: an iq, or `none` if there is none in time.
ask(Host, Type, Payload) ->
    case component_pid(Host) of
        none -> none;
        Pid ->
            Monitor = erlang:monitor(process, Pid),
            Reference = make_ref(),
            Timeout = gen_mod:get_module_opt(Host, ?MODULE, ask_timeout),
            IQ = #iq{type = Type, from = jid:make(Host), to = jid:make(component(Host)), sub_els = [Payload]},
            ejabberd_router:route_iq(IQ, Reference, self(), Timeout),
            Answer = receive
                         {iq_reply, #iq{} = Reply, Reference} -> Reply;
                         {iq_reply, timeout, Reference} -> none;
                         {'DOWN', Monitor, _, _, _} -> none
                     end,
            erlang:demonitor(Monitor, [flush]),
            Answer
    end.

%% Not through the router, which would look for another server while there is no component.
to_component(Host, Stanza) ->
    case component_pid(Host) of
        none -> ok;
        Pid -> ejabberd_cluster:send(Pid, {route, xmpp:set_to(Stanza, jid:make(component(Host)))})
    end.

%% Tells the component that a stream is bound (available), or has ended (unavailable).
report(Host, JID, Type) ->
    to_component(Host, #presence{from = JID, type = Type}).

%% The connection of the component

%% In the process of the new connection. It replaces an earlier one whose end was not noticed; ejabberd would use both.
component_connected(Component) ->
    lists:foreach(
      fun(Host) ->
              [begin
                   ejabberd_router:unregister_route(Component, Pid),
                   ejabberd_service:send(Pid, xmpp:serr_conflict())
               end || Pid <- component_pids(Host), Pid /= self()],
              end_all(Host)
      end, hosts_of(Component)).

component_disconnected(Component, _Reason) ->
    [end_all(Host) || Host <- hosts_of(Component), component_pid(Host) == none],
    ok.

%% A server that connects knows no stream of an earlier connection: streams end with the connection of the component.
end_all(Host) ->
    [platen_c2s:end_stream(ejabberd_sm:get_session_pid(User, Server, Resource), <<"system-shutdown">>, <<"the server is stopping">>)
     || {User, Server, Resource} <- ejabberd_sm:get_vh_session_list(Host)].

%% Stanzas of the component

%% In its process, and thus before the next stanza. ejabberd itself gets none of them.
from_component({drop, State}) -> {drop, State};
from_component({Stanza, State}) ->
    #jid{lserver = Component} = xmpp:get_from(Stanza),
    case hosts_of(Component) of
        [] -> {Stanza, State};
        [Host | _] ->
            case xmpp:get_to(Stanza) of
                #jid{lserver = Host, luser = <<>>} -> to_engine(Host, Stanza);
                #jid{lserver = Host} = To -> to_agent(Host, To, Stanza);
                _ -> ok
            end,
            {drop, State}
    end.

to_engine(Host, #message{sub_els = Elements}) ->
    [platen_c2s:end_stream(session(Host, fxml:get_attr_s(<<"jid">>, Attributes)),
                           fxml:get_attr_s(<<"condition">>, Attributes), fxml:get_attr_s(<<"text">>, Attributes))
     || #xmlel{name = <<"end">>, attrs = Attributes} <- Elements, is_ours(Attributes)];
to_engine(_Host, #iq{type = Type} = IQ) when Type == result; Type == error -> ejabberd_iq:dispatch(IQ);
to_engine(Host, #iq{type = get, sub_els = [#xmlel{name = <<"engine">>, attrs = Attributes}]} = IQ) ->
    case is_ours(Attributes) of
        true ->
            Named = [{<<"xmlns">>, ?NS}, {<<"name">>, <<"ejabberd">>}, {<<"version">>, ejabberd_option:version()}],
            to_component(Host, xmpp:make_iq_result(IQ, #xmlel{name = <<"engine">>, attrs = Named}));
        false -> to_component(Host, xmpp:make_error(IQ, xmpp:err_service_unavailable()))
    end;
to_engine(Host, #iq{} = IQ) -> to_component(Host, xmpp:make_error(IQ, xmpp:err_service_unavailable()));
to_engine(_Host, _Stanza) -> ok.

to_agent(Host, To, #iq{} = IQ) ->
    case session(Host, To) of
        none -> report(Host, To, unavailable);
        Pid -> ejabberd_c2s:send(Pid, xmpp:set_from(IQ, jid:make(Host)))
    end;
to_agent(_Host, _To, _Stanza) -> ok.

%% Look-ups

is_ours(Attributes) -> fxml:get_attr_s(<<"xmlns">>, Attributes) == ?NS.

session(Host, #jid{luser = User, lserver = Host, lresource = Resource}) ->
    ejabberd_sm:get_session_pid(User, Host, Resource);
session(Host, Text) when is_binary(Text) ->
    try jid:decode(Text) of
        JID -> session(Host, JID)
    catch
        _:_ -> none
    end;
session(_Host, _Other) -> none.

component(Host) -> gen_mod:get_module_opt(Host, ?MODULE, component).

hosts_of(Component) ->
    [Host || Host <- ejabberd_option:hosts(), gen_mod:is_loaded(Host, ?MODULE), component(Host) == Component].

component_pids(Host) ->
    {ok, Routes} = (ejabberd_router:get_backend()):find_routes(component(Host)),
    [Pid || #route{pid = Pid} <- Routes, is_pid(Pid)].

component_pid(Host) ->
    case component_pids(Host) of
        [] -> none;
        Pids -> lists:last(Pids)
    end.
