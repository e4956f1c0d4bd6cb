// SPDX-License-Identifier: GPL-2.0
struct pair { int a, b; };
struct pair entry(int a) { return (struct pair){ a, a }; }
