/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#define cmpxchg(ptr, old, new) __sync_val_compare_and_swap(ptr, old, new)
