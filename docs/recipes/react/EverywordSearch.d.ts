import type { ReactElement } from 'react';

export interface Seek {
  episode: string;
  start: number;
  end: number;
  word: number;
}

export interface EverywordSearchProps {
  archive: string;
  onSeek?: (hit: Seek) => boolean | void;
  player?: unknown;
  show?: string;
  episode?: string;
  theme?: 'light' | 'dark';
  [attribute: string]: unknown;
}

export declare function EverywordSearch(props: EverywordSearchProps): ReactElement;
