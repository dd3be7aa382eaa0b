import { Component, lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { useText } from '../messages/language';
import { CodeNotLoaded, loadCode } from './code';
import { PartNotLoaded } from './not-loaded';

/**
 * A part of a screen whose code is loaded when it is shown.
 * @param placeholder takes its place until then
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  placeholder?: ReactNode,
): ComponentType<Props> {
  const Part = lazy(async () => ({ default: await loadCode(load) }));
  return function LazyPart(props: Props) {
    return (
      <LoadBoundary>
        <Suspense
          fallback={
            <>
              {placeholder}
              <Loading />
            </>
          }
        >
          <Part {...props} />
        </Suspense>
      </LoadBoundary>
    );
  };
}

function Loading() {
  const t = useText();
  return <span className="unseen">{t.loading}</span>;
}

class LoadBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    if (error instanceof CodeNotLoaded) return <PartNotLoaded />;
    throw error;
  }
}
