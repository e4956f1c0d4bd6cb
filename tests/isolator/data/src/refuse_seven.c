// SPDX-License-Identifier: GPL-2.0
int entry(int a, int b, int c, int d, int e, int f, int g) { return a + g; }
