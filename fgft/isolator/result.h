// SPDX-License-Identifier: GPL-2.0
/* Outcome of a step that reads what a person wrote: a value or one message. */
#ifndef ISOLATOR_RESULT_H
#define ISOLATOR_RESULT_H

#include <string>
#include <utility>
#include <variant>

namespace isolator {

/* One line for the person who wrote the input: what is wrong and what to do. */
struct Error {
	std::string message;
};

template <class T> class [[nodiscard]] Result {
      public:
	Result(T value) : state_(std::move(value)) {}
	Result(Error error) : state_(std::move(error)) {}

	explicit operator bool() const { return std::holds_alternative<T>(state_); }
	T &value() { return *std::get_if<T>(&state_); }
	const std::string &error() const { return std::get_if<Error>(&state_)->message; }

      private:
	std::variant<T, Error> state_;
};

struct Done {};

} // namespace isolator

#endif
