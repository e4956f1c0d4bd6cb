// SPDX-License-Identifier: GPL-2.0
struct pair { int a, b; };
int entry(int a, struct pair pair) { return a + pair.b; }
