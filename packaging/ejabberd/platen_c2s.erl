%% Platen's agents at ejabberd 23.01: the listener for their streams. It is ejabberd_c2s, except that the component (mod_platen)
%% has the accounts, admits logins, and gets all requests.

-module(platen_c2s).
-behaviour(xmpp_stream_in).

-export([start/3, start_link/3, accept/1, listen_options/0, listen_opt_type/1, end_stream/3]).
-export([init/1, tls_options/1, handle_stream_start/2, handle_stream_end/2, handle_cast/2, handle_info/2, terminate/2]).
-export([sasl_mechanisms/2, get_password_fun/2, handle_auth_success/4, handle_auth_failure/4]).
-export([bind/2, handle_authenticated_packet/2]).

-include_lib("p1_xmpp/include/xmpp.hrl").
-include_lib("p1_xmpp/include/scram.hrl").

%% As the server has them (docs/LIMITS.md): XMPP_STANZA_DEPTH, XMPP_STANZA_ELEMENTS.
-define(MOST_DEPTH, 32).
-define(MOST_ELEMENTS, 2000).

%% As the server names agents (NAME_PATTERN in src/protocol/names.ts).
-define(NAME, <<"\\A[a-z0-9._-]{1,64}\\z">>).

%% Keys of the login that is going on. In the dictionary of the process, because the SASL library passes no state.
-define(LOGIN, platen_login).

%% Listener

start(SockMod, Socket, Opts) ->
    xmpp_stream_in:start(?MODULE, [{SockMod, Socket}, Opts], ejabberd_config:fsm_limit_opts(Opts)).
start_link(SockMod, Socket, Opts) ->
    xmpp_stream_in:start_link(?MODULE, [{SockMod, Socket}, Opts], ejabberd_config:fsm_limit_opts(Opts)).
accept(Pid) -> xmpp_stream_in:accept(Pid).
listen_options() -> ejabberd_c2s:listen_options().
listen_opt_type(Option) -> ejabberd_c2s:listen_opt_type(Option).

%% Ends a stream with this error; without one if the condition is empty.
end_stream(none, _Condition, _Text) -> ok;
end_stream(Pid, <<>>, _Text) -> ejabberd_c2s:close(Pid);
end_stream(Pid, Condition, Text) -> ejabberd_c2s:cast(Pid, {platen_end, Condition, Text}).

%% Streams

init(Arguments) -> ejabberd_c2s:init(Arguments).
tls_options(State) -> ejabberd_c2s:tls_options(State).
handle_stream_start(Start, State) -> ejabberd_c2s:handle_stream_start(Start, State).
handle_stream_end(Reason, State) -> ejabberd_c2s:handle_stream_end(Reason, State).

handle_cast({platen_end, Condition, Text}, State) -> refuse(Condition, Text, [], State);
handle_cast(Message, State) -> ejabberd_c2s:handle_cast(Message, State).

%% What others in the engine send to agents is discarded, as is an answer of the component that is too late.
handle_info({route, _}, State) -> State;
handle_info({iq_reply, _, _}, State) -> State;
handle_info(Message, State) -> ejabberd_c2s:handle_info(Message, State).

terminate(Reason, #{platen_bound := true, lserver := Host, jid := JID} = State) ->
    mod_platen:report(Host, JID, unavailable),
    ejabberd_c2s:terminate(Reason, State);
terminate(Reason, State) -> ejabberd_c2s:terminate(Reason, State).

refuse(Condition, Text, Extra, State) ->
    NS = {<<"xmlns">>, ?NS_STREAMS},
    Error = #xmlel{name = <<"stream:error">>,
                   children = [#xmlel{name = Condition, attrs = [NS]},
                               #xmlel{name = <<"text">>, attrs = [NS], children = [{xmlcdata, Text}]} | Extra]},
    finish(xmpp_stream_in:send(State, Error)).

%% As xmpp_stream_in does after an error of its own.
finish(#{stream_state := disconnected} = State) -> State;
finish(State) ->
    xmpp_stream_in:stop_async(self()),
    State#{stream_state => disconnected, stream_timeout => infinity}.

%% Accounts

sasl_mechanisms(_Offered, #{stream_encrypted := true}) -> [<<"SCRAM-SHA-256">>, <<"SCRAM-SHA-1">>];
sasl_mechanisms(_Offered, _State) -> [].

%% The SASL library passes any bytes. XML cannot contain some of them, and the component would end its connection.
get_password_fun(Mechanism, #{lserver := Host}) ->
    fun(Name) ->
            case re:run(Name, ?NAME, [{capture, none}]) of
                match -> {keys(Host, Name, Mechanism), ?MODULE};
                nomatch -> {false, ?MODULE}
            end
    end.

keys(Host, Name, Mechanism) ->
    {Hash, Label} = case Mechanism of
                        <<"SCRAM-SHA-256">> -> {sha256, <<"sha-256">>};
                        <<"SCRAM-SHA-1">> -> {sha, <<"sha-1">>}
                    end,
    case ask(Host, get, <<"login">>, [{<<"name">>, Name}, {<<"hash">>, Label}]) of
        {ok, Keys} ->
            Salt = Keys(<<"salt">>),
            put(?LOGIN, #{name => Name, hash => Label, salt => Salt, removed => Keys(<<"removed">>) == <<"true">>}),
            #scram{hash = Hash, salt = Salt, iterationcount = binary_to_integer(Keys(<<"iterations">>)),
                   storedkey = Keys(<<"stored-key">>), serverkey = Keys(<<"server-key">>)};
        _ ->
            put(?LOGIN, unavailable),
            false
    end.

handle_auth_success(Name, Mechanism, Module, State) ->
    case get(?LOGIN) of
        %% only an agent that has proved its password learns that
        #{removed := true} -> fail('account-disabled', State);
        #{name := Name} -> ejabberd_c2s:handle_auth_success(Name, Mechanism, Module, State)
    end.

handle_auth_failure(Name, Mechanism, Reason, #{lserver := Host} = State) ->
    case erase(?LOGIN) of
        unavailable -> fail('temporary-auth-failure', State);
        _ ->
            delay(Host),
            Failures = maps:get(platen_failures, State, 0) + 1,
            case Failures >= gen_mod:get_module_opt(Host, mod_platen, tries_per_stream) of
                %% after this failure
                true -> end_stream(self(), <<"policy-violation">>, <<"too many attempts">>);
                false -> ok
            end,
            ejabberd_c2s:handle_auth_failure(Name, Mechanism, Reason, State#{platen_failures => Failures})
    end.

%% Failures that ejabberd does not know: it would answer with another one, so the stream ends.
fail(Reason, #{lserver := Host} = State) ->
    delay(Host),
    finish(xmpp_stream_in:send(State, #sasl_failure{reason = Reason})).

delay(Host) -> timer:sleep(gen_mod:get_module_opt(Host, mod_platen, failure_delay)).

%% Logins

%% Whether an agent that has proved its password may bind; the component also chooses the resource.
bind(Requested, #{user := Name, lserver := Host, ip := {IP, _}} = State) ->
    case erase(?LOGIN) of
        #{name := Name, hash := Hash, salt := Salt} ->
            Attributes = [{<<"name">>, Name}, {<<"hash">>, Hash}, {<<"salt">>, Salt},
                          {<<"requested">>, Requested}, {<<"address">>, misc:ip_to_list(IP)}],
            case ask(Host, set, <<"bind">>, Attributes) of
                {ok, Bind} -> {ok, bound(State#{resource => Bind(<<"resource">>), sid => ejabberd_sm:make_sid()})};
                {error, Condition, Text, _} when Condition == <<"conflict">>; Condition == <<"not-allowed">> ->
                    Error = #stanza_error{type = cancel, reason = binary_to_existing_atom(Condition), text = xmpp:mk_text(Text)},
                    {error, Error, State};
                {error, Condition, Text, Extra} -> {error, xmpp:err_not_authorized(), refuse(Condition, Text, Extra, State)};
                none ->
                    {error, xmpp:err_not_authorized(), refuse(<<"internal-server-error">>, <<>>, [], State)}
            end;
        _ -> {error, xmpp:err_not_authorized(), State}
    end.

bound(#{lserver := Host} = State) ->
    #{jid := JID} = Opened = ejabberd_c2s:open_session(State),
    mod_platen:report(Host, JID, available),
    Opened#{platen_bound => true}.

%% A function that returns attributes of the answer; or condition, text and <retry> of the error.
ask(Host, Type, Name, Attributes) ->
    NS = mod_platen:ns(),
    case mod_platen:ask(Host, Type, #xmlel{name = Name, attrs = [{<<"xmlns">>, NS} | Attributes]}) of
        #iq{type = result, sub_els = [#xmlel{name = Name, attrs = Answer}]} ->
            {ok, fun(Attribute) -> fxml:get_attr_s(Attribute, Answer) end};
        #iq{type = error, sub_els = Elements} ->
            Children = [Child || #xmlel{name = <<"error">>, children = Each} <- Elements, #xmlel{} = Child <- Each],
            Conditions = [Each || #xmlel{name = Each, attrs = Attrs} <- Children, Each /= <<"text">>,
                                  fxml:get_attr_s(<<"xmlns">>, Attrs) == ?NS_STANZAS],
            Text = iolist_to_binary([fxml:get_tag_cdata(Child) || #xmlel{name = <<"text">>} = Child <- Children]),
            Extra = [Child || #xmlel{name = <<"retry">>} = Child <- Children],
            {error, hd(Conditions ++ [<<"internal-server-error">>]), Text, Extra};
        _ -> none
    end.

%% Requests of agents

%% Agents need neither presence nor messages: both are legal and discarded.
handle_authenticated_packet(#iq{type = Type, to = To, sub_els = Elements} = IQ, #{lserver := Host, jid := JID} = State) ->
    IsRequest = Type == get orelse Type == set,
    case is_for_server(To, JID) of
        false when IsRequest -> xmpp_stream_in:send(State, xmpp:make_error(IQ, xmpp:err_service_unavailable()));
        false -> State;
        true ->
            case Elements of
                [#xmlel{name = <<"session">>, attrs = [{<<"xmlns">>, ?NS_SESSION}]}] when Type == set ->
                    xmpp_stream_in:send(State, xmpp:make_iq_result(IQ));
                _ ->
                    case count(Elements, 2, ?MOST_ELEMENTS - 1) of
                        Left when Left < 0 -> refuse(<<"policy-violation">>, <<"the stanza has too many elements">>, [], State);
                        _ ->
                            mod_platen:to_component(Host, IQ),
                            State
                    end
            end
    end;
handle_authenticated_packet(_Stanza, State) -> State.

is_for_server(#jid{lserver = Host, luser = <<>>, lresource = <<>>}, #jid{lserver = Host}) -> true;
is_for_server(#jid{luser = User, lserver = Host, lresource = <<>>}, #jid{luser = User, lserver = Host}) -> true;
is_for_server(To, JID) -> jid:tolower(To) == jid:tolower(JID).

%% How many elements may follow; negative if these are too many, or too deep.
count(_Elements, _Depth, Left) when Left < 0 -> Left;
count([#xmlel{children = Children} | Others], Depth, Left) when Depth =< ?MOST_DEPTH ->
    count(Others, Depth, count(Children, Depth + 1, Left - 1));
count([#xmlel{} | _], _Depth, _Left) -> -1;
count([_Text | Others], Depth, Left) -> count(Others, Depth, Left);
count([], _Depth, Left) -> Left.
