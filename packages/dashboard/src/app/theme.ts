import {
  Button,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  Input,
  type MantineColorsTuple,
  Modal,
  Select,
  Tooltip,
} from '@mantine/core'

// The accent from its lightest to its darkest; 6 is the fill on light ground, 4 the one on dark.
const ink: MantineColorsTuple = [
  '#eef0ff',
  '#dde1fd',
  '#bac2fa',
  '#a5aeff',
  '#8f9bff',
  '#5f6de6',
  '#3846c9',
  '#313db3',
  '#29349a',
  '#1f2878',
]
// The greys of tokens.css from light to dark: the kit paints inputs and menus with them.
const gray: MantineColorsTuple = [
  '#f6f7f9',
  '#eef0f4',
  '#e6e9ee',
  '#dde1e8',
  '#c7cdd8',
  '#a5adbb',
  '#7c8698',
  '#566074',
  '#343c4b',
  '#171d29',
]
const dark: MantineColorsTuple = [
  '#e7ebf1',
  '#c3cbd7',
  '#8b96a8',
  '#6b7688',
  '#3c4656',
  '#2c3440',
  '#1a1f28',
  '#14181f',
  '#101419',
  '#0b0e12',
]
const red: MantineColorsTuple = [
  '#fde9e4',
  '#fbd3c9',
  '#f6ab9a',
  '#ff937a',
  '#ff7a5c',
  '#d6401f',
  '#b92d13',
  '#a32812',
  '#8a220f',
  '#6d1b0c',
]

/** The look: neutral greys with a breath of blue, one accent, small radii, dense rows. Colours live in tokens.css. */
export const theme = createTheme({
  colors: { ink, red, gray, dark },
  primaryColor: 'ink',
  primaryShade: { light: 6, dark: 4 },
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input)
    return input.variant === 'filled' ? { ...colours, color: 'var(--on-accent)' } : colours
  },
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  defaultRadius: 'var(--radius-small)',
  respectReducedMotion: true,
  cursorType: 'pointer',
  fontSizes: {
    xs: 'var(--text-xs)',
    sm: 'var(--text-sm)',
    md: 'var(--text-md)',
    lg: 'var(--text-lg)',
    xl: 'var(--text-xl)',
  },
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs', fw: 550 } }),
    Input: Input.extend({ defaultProps: { size: 'xs' } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        transitionProps: { duration: 120 },
        removeScrollProps: { removeScrollBar: false },
      },
    }),
    Select: Select.extend({ defaultProps: { size: 'xs', allowDeselect: false } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 250,
        withArrow: true,
        multiline: true,
        maw: 320,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
})

/** Hands our tokens to the kit, so that its inputs, menus and dialogs wear the same colours. */
export const cssVariables: CSSVariablesResolver = () => {
  const both = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-soft)',
    '--mantine-color-placeholder': 'var(--text-faint)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-error': 'var(--failing)',
    '--mantine-color-anchor': 'var(--accent-text)',
  }
  return { variables: {}, light: both, dark: both }
}
