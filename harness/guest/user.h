/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One who uses the device under test without a pause, and reads its settings.
 *
 * Each class of devices has one; a trial knows no more of the device than this.
 */
#ifndef FGFT_GUEST_USER_H
#define FGFT_GUEST_USER_H

#include <cstdint>
#include <memory>
#include <string>

#include "files.h"

namespace fgft {

class User {
public:
	User() = default;
	User(const User &) = delete;
	User &operator=(const User &) = delete;
	virtual ~User() = default;

	// Begins to use the device, anew where it broke off: a connection, an open file.
	virtual void connect() = 0;
	// Ends it.
	virtual void disconnect() = 0;
	// Uses the device for `ms` at most.
	virtual void step(int ms) = 0;
	virtual bool broken() const = 0;
	// How much was served since connect(), and how much more of it proves that
	// the device works.
	virtual uint64_t served() const = 0;
	virtual uint64_t proof() const = 0;
	// What came and was not what was to come, over all connections.
	virtual uint64_t wrong() const = 0;
	// The longest time without service while some was due, since connect().
	virtual int64_t longest_gap_ns() const = 0;
	// What the user has set, by name; null for what cannot be read.  "up" is true
	// while the device is there and can be used.
	virtual json settings() = 0;
	// What the device's lines in /proc/interrupts hold.
	virtual std::string interrupt() const = 0;
};

// Returns the user that REQUEST's "user" describes; none if there is no such class.
std::unique_ptr<User> make_user(const json &request);

} // namespace fgft

#endif /* FGFT_GUEST_USER_H */
