// SPDX-License-Identifier: GPL-2.0
int entry(int a, ...) { return a; }
