// SPDX-License-Identifier: GPL-2.0
int entry(int i)
{
	static void *const table[] = { &&one, &&two };

	goto *table[i];
one:
	return 1;
two:
	return 2;
}
