// SPDX-License-Identifier: GPL-2.0
/*
 * The patchable jump at the head of a native entry point.
 *
 * An "asm goto" with a tail call on its taken side would do, and is what C can
 * say.  But it enters the optimisers' view: the arguments stay live, blocks
 * move, a frame may be set up before the jump.  Put in as the very first
 * instruction after everything is allocated and scheduled, the jump leaves the
 * native function as it is, and at that point the arguments are still where
 * the caller put them: the stub needs to move none.
 */
#include "branch.h"

#include "emit.h"
#include "names.h"

namespace isolator {
namespace {

const pass_data branch_data = {
	RTL_PASS, "fgft_branch", OPTGROUP_NONE, TV_NONE, 0, 0, 0, 0, 0,
};

/* The landing pad of -fcf-protection has to stay the first instruction. */
bool is_landing_pad(rtx_insn *insn)
{
	return NONJUMP_INSN_P(insn) && GET_CODE(PATTERN(insn)) == UNSPEC_VOLATILE &&
	       XINT(PATTERN(insn), 1) == UNSPECV_NOP_ENDBR;
}

class BranchPass : public rtl_opt_pass {
      public:
	BranchPass(gcc::context *context, const Unit &unit)
		: rtl_opt_pass(branch_data, context), unit_(unit)
	{
	}

	bool gate(function *fn) final override
	{
		return unit_.entry_uids.count(DECL_UID(fn->decl)) != 0;
	}

	unsigned execute(function *fn) final override
	{
		const std::string text = branch_text(unit_.entry_uids.at(DECL_UID(fn->decl)));
		rtx body = gen_rtx_ASM_INPUT_loc(VOIDmode, ggc_strdup(text.c_str()),
						 DECL_SOURCE_LOCATION(fn->decl));
		rtx_insn *insn = get_insns();

		/* Before a label too: a loop back to the head must not run it again. */
		while (insn && (NOTE_P(insn) || is_landing_pad(insn)))
			insn = NEXT_INSN(insn);
		gcc_assert(insn);
		emit_insn_before(body, insn);
		return 0;
	}

      private:
	const Unit &unit_;
};

} // namespace

opt_pass *make_branch_pass(const Unit &unit)
{
	return new BranchPass(g, unit);
}

} // namespace isolator
