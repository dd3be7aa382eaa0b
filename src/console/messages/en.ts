import type { Language } from '../../protocol/api';
import { enSecurity } from './en-security';
import { enAccess } from './en-access';
import { enAlerts } from './en-alerts';
import { enAdministration } from './en-administration';
import { enCampaigns } from './en-campaigns';
import { enClients } from './en-clients';
import { enDeployment } from './en-deployment';
import { enDevices } from './en-devices';
import { enFirmware, enMaintenance } from './en-maintenance';
import { enProblems } from './en-problems';
import { enHistory, enReports } from './en-readings';
import { enRelays } from './en-relays';
import { enSessions } from './en-sessions';
import { enSettings } from './en-settings';
import { enSettingsTemplates } from './en-settings-templates';

/** The texts of the console; `ja.ts` has the same keys, or it does not compile. */
export const en = {
  language: 'en' as Language,
  product: 'Platen',
  actions: {
    cancel: 'Cancel',
    save: 'Save',
    close: 'Close',
    copy: 'Copy',
    copied: 'Copied',
    more: 'Show more',
    retry: 'Try again',
    menu: 'Menu',
    skip: 'Skip to content',
  },
  login: {
    title: 'Log in',
    userId: 'User ID',
    password: 'Password',
    submit: 'Log in',
    hint: 'Your administrator creates accounts.',
    ended: 'Your login has ended. Log in again to continue.',
    code: 'Code',
    codeHint: 'Of your authenticator app, or a recovery code',
    lostFactor: 'If you have neither, ask your administrator to remove your second factor.',
    passkey: 'Use a passkey',
    giveUp: 'Log in as another user',
    or: 'or',
    signInWith: (name: string) => `Sign in with ${name}`,
    signOutOf: (name: string) => `Sign out of ${name}, too`,
    emergency: 'Emergency login with a password',
    refusedTitle: 'You were not logged in',
    refused: {
      unreachable: 'The single sign-on cannot be reached. Try again shortly, or ask your administrator.',
      expired: 'The login took too long, or was begun in another window. Try again.',
      cancelled: 'The login was cancelled.',
      failed: 'The answer of the single sign-on was not accepted. Try again, or ask your administrator.',
      'no-group': 'You are in no group that has access. Ask your administrator.',
      'no-user-id': 'The single sign-on does not give a user ID that can be used. Ask your administrator.',
      'unknown-user': 'There is no account for you. Ask your administrator to create one.',
      'other-login': 'An account with your user ID logs in by other means. Ask your administrator.',
      deactivated: 'Your account is deactivated. Ask your administrator.',
    },
    setUp: 'Your role requires a second factor beside the password. Set one up to continue.',
  },
  shell: {
    navigation: 'Main navigation',
    work: 'Work',
    administration: 'Administration',
    account: 'Account',
    profile: 'Profile',
    logOut: 'Log out',
    language: 'Language',
    theme: 'Theme',
    auto: 'System',
    light: 'Light',
    dark: 'Dark',
    reconnecting: 'Reconnecting …',
    reconnectingHint: 'This page may be out of date until the server answers again.',
  },
  roles: { admin: 'Administrator', technician: 'Technician' },
  ...enDevices,
  alerts: enAlerts,
  access: enAccess,
  ...enSessions,
  campaigns: enCampaigns,
  maintenance: enMaintenance,
  firmware: enFirmware,
  settings: enSettings,
  templates: enSettingsTemplates,
  history: enHistory,
  reports: enReports,
  deployment: enDeployment,
  relays: enRelays,
  ...enAdministration,
  clients: enClients,
  notices: {
    title: 'Notices',
    lead: 'Events about your sessions and your team’s sessions.',
    bell: (n: string) => (n === '0' ? 'Notices' : `Notices: ${n} unread`),
    unread: 'Unread',
    all: 'All',
    new: 'New notices',
    halted: (device: string) => `Your session with ${device} was interrupted`,
    haltedOf: (user: string, device: string) => `${user}’s session with ${device} was interrupted`,
    agentRefused: (agent: string) => `A second installation of agent ${agent} was refused`,
    agentRefusedHint:
      'It knows the password of the account. If you have moved the agent or restored it from a backup, allow another installation. Otherwise enrol the agent again: that makes every copy useless.',
    why: 'A new relay was deployed.',
    next: 'Request access again to continue.',
    session: 'Session details',
    read: 'Mark as read',
    readAll: 'Mark all as read',
    others: (n: string) => `${n} more`,
    emptyUnread: 'No unread notices',
    emptyUnreadHint: 'You are notified here as soon as one of your sessions is interrupted.',
    emptyAll: 'No notices yet',
    toAll: 'Show all notices',
    mails: {
      none: '',
      pending: 'E-mail is being sent',
      sent: 'Also sent by e-mail',
      'given-up': 'The e-mail could not be delivered',
    },
  },
  security: enSecurity,
  profile: {
    title: 'Profile',
    about: 'About you',
    email: 'E-mail',
    emailHint:
      'For notices, for example about an interrupted session, and for mails about logins and changes of your account',
    language: 'Language',
    browserLanguage: 'Browser default',
    saved: 'Saved.',
    password: 'Password',
    current: 'Current password',
    next: 'New password',
    changePassword: 'Change password',
    passwordHint: 'This ends all your other logins and revokes all your API tokens.',
    passwordChanged: 'Your password has been changed. Other logins have ended and API tokens have been revoked.',
  },
  ...enProblems,
  languages: { en: 'English', ja: '日本語' },
  loading: 'Loading',
  keptSince: (date: string) => `History before ${date} is not kept.`,
  /** A detail that a program reports as free text, in English. */
  detail: (text: string) => text,
  /** What the server reports about a field of a form, in English. */
  fieldError: (text: string) => text,
};
export type Messages = typeof en;
