// SPDX-License-Identifier: GPL-2.0
struct trio { int a, b, c; };
int entry(int a, struct trio trio) { return a + trio.b; }
