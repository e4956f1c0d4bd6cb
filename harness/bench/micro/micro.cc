// SPDX-License-Identifier: GPL-2.0
/*
 * What a checked and logged store costs, and its undo, against libitm.
 *
 * The hooks are those of the twins (fgft/hooks.S), the log is the kernel's
 * (fgft/undo.c), both in user space with the shims of the host tests.  A
 * transaction stores to as many words as it is told; it is given to libitm in
 * the same shape (tm.c), which takes its method from ITM_DEFAULT_METHOD.
 *
 * A hook is called as the isolator has twins call it: address and value in two
 * registers, three lost.  It finds the words in the range that stands at a
 * place of those known to the call; how far behind is the second number.
 */
#include <cstdio>
#include <cstdlib>

#include <benchmark/benchmark.h>

extern "C" {
#include "fgft.h"
#include "hooks.h"
#include "tm.h"

/* hooks.S looks for it at the base of %gs, which is 0 here. */
extern struct fgft_call *fgft_hook_call;
struct fgft_call *fgft_hook_call;

/* What the common way does not know: nothing here may need it. */
void fgft_store_slow(void *, u64, struct fgft_call *, u32, unsigned long);
void fgft_loop_spent(void *, u64, struct fgft_call *, u32, unsigned long);
void fgft_stack_spent(void *, u64, struct fgft_call *, u32, unsigned long);
}

static_assert(offsetof(struct fgft_call, undo.at) == FGFT_AT_UNDO_AT);
static_assert(offsetof(struct fgft_call, undo.last) == FGFT_AT_UNDO_LAST);
static_assert(offsetof(struct fgft_call, hit) == FGFT_AT_HIT);
static_assert(offsetof(struct fgft_call, frame) == FGFT_AT_FRAME);
static_assert(sizeof(struct fgft_undo_record) == FGFT_WORD_BYTES);

namespace {

[[noreturn]] void die(const char *what)
{
	std::fprintf(stderr, "micro: %s\n", what);
	std::abort();
}

} // namespace

extern "C" {

void fgft_store_slow(void *, u64, struct fgft_call *, u32, unsigned long)
{
	die("a store went the slow way");
}

void fgft_loop_spent(void *, u64, struct fgft_call *, u32, unsigned long)
{
	die("a loop budget was spent");
}

void fgft_stack_spent(void *, u64, struct fgft_call *, u32, unsigned long)
{
	die("a stack was spent");
}

}

namespace {

constexpr size_t kWords = 100;	// records of more would not fit into one page
unsigned long words[kWords];

/* A call with a log and the ranges it knows: @words is the one at @place. */
class Call {
public:
	explicit Call(size_t place)
	{
		if (fgft_undo_init(&call_.undo))
			die("no memory");
		for (size_t i = 0; i < place; i++)
			call_.hit[i] = {i + 1, 0};
		call_.hit[place] = {reinterpret_cast<unsigned long>(words), sizeof(words) - sizeof(u64)};
		fgft_hook_call = &call_;
	}
	Call(const Call &) = delete;
	Call &operator=(const Call &) = delete;
	~Call() { fgft_undo_release(&call_.undo); }

	fgft_undo &log() { return call_.undo; }

private:
	struct fgft_call call_ = {};
};

inline void store(unsigned long *to, unsigned long value)
{
	asm volatile("call __fgft_store8" : : "D"(to), "S"(value) : "rax", "rcx", "rdx", "cc", "memory");
	*to = value;
	benchmark::ClobberMemory();
}

/* The red zone of a leaf is where a call pushes. */
__attribute__((noinline, target("general-regs-only"))) void store_all(size_t count, unsigned long value)
{
	for (size_t i = 0; i < count; i++)
		store(&words[i], value + i);
}

void per_store(benchmark::State &state, size_t count)
{
	state.counters["stores"] = static_cast<double>(count);
}

void plain_store(benchmark::State &state)
{
	const auto count = static_cast<size_t>(state.range(0));
	unsigned long value = 0;

	for (auto _ : state) {
		for (size_t i = 0; i < count; i++) {
			words[i] = value + i;
			benchmark::ClobberMemory();
		}
		value++;
	}
	per_store(state, count);
}

void fgft_store(benchmark::State &state)
{
	const auto count = static_cast<size_t>(state.range(0));
	Call call(static_cast<size_t>(state.range(1)));
	unsigned long value = 0;

	for (auto _ : state) {
		store_all(count, value++);
		fgft_undo_reset(&call.log());
	}
	per_store(state, count);
}

void fgft_undo(benchmark::State &state)
{
	const auto count = static_cast<size_t>(state.range(0));
	Call call(0);
	unsigned long value = 1;

	for (auto _ : state) {
		store_all(count, value++);
		fgft_undo_rollback(&call.log(), nullptr, nullptr);
	}
	if (call.log().conflicts)
		die("an undo found words of somebody else");
	per_store(state, count);
}

void libitm_store(benchmark::State &state)
{
	const auto count = static_cast<size_t>(state.range(0));
	unsigned long value = 0;

	for (auto _ : state)
		tm_store(words, count, value++);
	per_store(state, count);
}

void libitm_undo(benchmark::State &state)
{
	const auto count = static_cast<size_t>(state.range(0));
	unsigned long value = 1;

	for (auto _ : state)
		tm_undo(words, count, value++);
	per_store(state, count);
}

// Fixed numbers: what is compared was done equally often.
BENCHMARK(plain_store)->Arg(20)->Arg(100);
BENCHMARK(fgft_store)->Args({20, 0})->Args({100, 0})->Args({20, 2})->Args({100, 2})->Args({20, 7})->Args({100, 7});
BENCHMARK(fgft_undo)->Arg(20)->Arg(100);
BENCHMARK(libitm_store)->Arg(20)->Arg(100);
BENCHMARK(libitm_undo)->Arg(20)->Arg(100);

} // namespace

BENCHMARK_MAIN();
