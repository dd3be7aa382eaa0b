import { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { useMutation } from '@tanstack/react-query';
import { passkeyOptions, recoveryCodes } from '../../protocol/account';
import { user } from '../../protocol/api';
import { useBecome } from './login';
import { useClient } from './query-client';
import { call } from './request';

type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON'];

/** As the second factor, or without a password. */
export function usePasskeyLogin() {
  const become = useBecome();
  return useMutation({
    mutationFn: async () => {
      const options = await call(passkeyOptions, 'POST', '/auth/login/passkey/options');
      const response = await startAuthentication({ optionsJSON: options });
      return call(user, 'POST', '/auth/login/passkey', { response });
    },
    onSuccess: become,
  });
}

/** The answer may contain recovery codes. */
export function useAddPasskey() {
  const client = useClient();
  return useMutation({
    mutationFn: async (name: string) => {
      const options = await call(passkeyOptions, 'POST', '/auth/factors/passkey/options');
      const response = await startRegistration({ optionsJSON: options as unknown as CreationOptions });
      return call(recoveryCodes, 'POST', '/auth/factors/passkey', { name, response });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['factors'] }),
  });
}
