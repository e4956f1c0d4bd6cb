// SPDX-License-Identifier: GPL-2.0
int entry(int *p)
{
	return __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST);
}
