import { createTheme, type CSSVariablesResolver } from '@mantine/core';

const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Hiragino Sans', 'Noto Sans JP', 'Yu Gothic UI', Meiryo, sans-serif";

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 8, dark: 8 },
  colors: {
    petrol: [
      '#e6f6f7',
      '#d3e9eb',
      '#a8d2d6',
      '#79b9bf',
      '#62b4bc',
      '#3a98a1',
      '#2a8f99',
      '#197c86',
      '#066e78',
      '#005f69',
    ],
    // Mantine's greys are neutral; these have a tint of the accent
    dark: [
      '#dde4e8',
      '#bcc6cc',
      '#a0acb4',
      '#7d8991',
      '#434f56',
      '#2e393f',
      '#222b30',
      '#1a2226',
      '#12181b',
      '#0d1214',
    ],
  },
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: '600', sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1rem' } } },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5 } },
      styles: {
        content: { background: 'var(--platen-surface)' },
        header: { background: 'var(--platen-surface)' },
        title: { fontWeight: 600 },
      },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
  },
});

/** Mantine's greys and reds have too little contrast for small text (WCAG 2.2, 1.4.3: 4.5 to 1). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-red-filled': '#b93329',
    '--mantine-color-red-filled-hover': '#a32a21',
    '--mantine-color-body': '#f6f8f9',
    '--platen-surface': '#ffffff',
    '--platen-line': '#dde3e6',
    '--platen-on': '#12804a',
    '--platen-busy': '#b26a00',
    '--platen-bad': '#b93329',
    '--platen-off': '#7a858d',
    '--mantine-color-text': '#17222a',
    '--mantine-color-dimmed': '#59656d',
    '--mantine-color-placeholder': '#66717a',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#00626c',
    '--mantine-color-red-light-color': '#a32a21',
    '--mantine-color-petrol-light-color': '#005861',
    '--mantine-color-petrol-light': '#e2f1f2',
    '--mantine-color-petrol-light-hover': '#d3e9eb',
  },
  dark: {
    '--mantine-color-red-filled': '#b93329',
    '--mantine-color-red-filled-hover': '#a32a21',
    '--mantine-color-body': '#12181b',
    '--platen-surface': '#1a2226',
    '--platen-line': '#2e393f',
    '--platen-on': '#4cc38a',
    '--platen-busy': '#f0b14a',
    '--platen-bad': '#ff8a80',
    '--platen-off': '#87939b',
    '--mantine-color-text': '#dde4e8',
    '--mantine-color-dimmed': '#a0acb4',
    '--mantine-color-placeholder': '#8e9aa2',
    '--mantine-color-error': '#ff9b93',
    '--mantine-color-anchor': '#79c8cf',
    '--mantine-color-red-light-color': '#ff9b93',
    '--mantine-color-petrol-light-color': '#9fdbe0',
    '--mantine-color-petrol-light': '#183238',
    '--mantine-color-petrol-light-hover': '#1d3c43',
  },
});
