/* SPDX-License-Identifier: GPL-2.0 */
/* Test data: a function of the connection and the place in it, see stream.cc. */
#ifndef FGFT_GUEST_PATTERN_H
#define FGFT_GUEST_PATTERN_H

#include <cstdint>

namespace fgft {

// Byte `at` of connection `id`: one step of splitmix64 a word.
inline unsigned char expected(uint64_t id, uint64_t at)
{
	uint64_t word = (id << 40) + (at >> 3) + 0x9e3779b97f4a7c15U;

	word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
	word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
	word ^= word >> 31;
	return static_cast<unsigned char>(word >> (8 * (at & 7)));
}

} // namespace fgft

#endif /* FGFT_GUEST_PATTERN_H */
