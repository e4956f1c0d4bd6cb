// SPDX-License-Identifier: GPL-2.0
// Spins on the PAUSE instruction until it is killed.
//
// QEMU before 8.1, when it counts instructions, lets CPU 0 run up to the next
// timer and gives the other CPUs what is left over, which is nothing as long as
// CPU 0 neither halts nor pauses.  The kernel waits for a starting CPU in just
// such a loop, for ever.  While this program shares CPU 0 with that loop, the
// other CPU gets its turn.

int main()
{
	for (;;)
		__builtin_ia32_pause();
}
