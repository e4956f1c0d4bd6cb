// SPDX-License-Identifier: GPL-2.0
/* A driver's policy file: its isolated entry points and described registers. */
#ifndef ISOLATOR_POLICY_H
#define ISOLATOR_POLICY_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "result.h"

namespace isolator {

/* As FGFT_REG_* in fgft/abi.h. */
enum class RegisterKind : uint64_t {
	plain = 1,
	event = 2,
	doorbell = 3,
	relaxed = 4,
	set = 5,
	clear = 6,
	clears = 7,
	paged = 8,
	acks = 9,
	phy = 10,
	mailbox = 11,
};

/* As FGFT_BAR_MESSAGE: the request is added. */
constexpr uint32_t bar_message = 0x100;

struct Register {
	uint32_t bar = 0;
	uint32_t offset = 0;
	uint32_t count = 1;
	uint32_t width = 4;
	uint64_t mask = 0;
	uint64_t match = 0;
	RegisterKind kind = RegisterKind::plain;
	uint64_t keeps = UINT64_MAX;	/* bits of a plain one that read as written */
	uint32_t partner = 0;	/* offsets, see struct fgft_reg */
	uint32_t status = 0;
};

struct Policy {
	std::string path;
	std::vector<std::string> entries;		/* by name */
	bool all = false;				/* and whatever the kernel is handed */
	std::map<std::string, std::string> exceptions;	/* but these: why */
	std::vector<Register> registers;

	static Result<Policy> load(const std::string &path);
	/* Listed by its name. */
	bool has_entry(const std::string &name) const;
	/* Why a function the kernel is handed stays native; "" if it does not. */
	std::string why_native(const std::string &name) const;
};

} // namespace isolator

#endif
