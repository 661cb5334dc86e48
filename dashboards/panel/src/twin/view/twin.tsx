/** The two pages about the twin, fetched together: how good it is and what it goes by, and what would be if. */
export { TwinPage } from './page.tsx'
export { WhatifPage } from './whatif.tsx'
