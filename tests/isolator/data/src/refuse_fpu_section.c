// SPDX-License-Identifier: GPL-2.0
void kernel_fpu_begin(void);

int entry(void)
{
	kernel_fpu_begin();
	return 0;
}
