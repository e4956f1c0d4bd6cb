/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A value or the errno that kept it from being made.
 *
 * The guest programs are built without exceptions; a Result that nobody looks
 * at is a compiler error.
 */
#ifndef FGFT_GUEST_RESULT_H
#define FGFT_GUEST_RESULT_H

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <variant>

namespace fgft {

/* What failed, and why. */
struct Failure {
	const char *what;
	int error;
};

template <typename T> class [[nodiscard]] Result {
public:
	Result(T value) : state_(std::move(value)) {}
	Result(Failure failure) : state_(failure) {}

	explicit operator bool() const { return state_.index() == 0; }

	/* Both abort when the other is held: that is a bug here, not bad input. */
	T &operator*()
	{
		T *value = std::get_if<0>(&state_);
		if (!value)
			std::abort();
		return *value;
	}
	const Failure &failure() const
	{
		const Failure *failure = std::get_if<1>(&state_);
		if (!failure)
			std::abort();
		return *failure;
	}

private:
	std::variant<T, Failure> state_;
};

/* Failure of the system call that has just set errno. */
inline Failure failed(const char *what)
{
	return {what, errno};
}

constexpr int64_t kNsPerMs = 1000000;
constexpr int64_t kNsPerSec = 1000000000;

inline int64_t now_ns(clockid_t clock = CLOCK_MONOTONIC)
{
	struct timespec ts = {};

	clock_gettime(clock, &ts);
	return ts.tv_sec * kNsPerSec + ts.tv_nsec;
}

} // namespace fgft

#endif /* FGFT_GUEST_RESULT_H */
