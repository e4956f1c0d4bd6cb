// SPDX-License-Identifier: GPL-2.0
/*
 * The early pass: twins, entries and records of the whole unit.
 *
 * Runs once bodies are in SSA form and before anything is inlined, so that
 * every helper of a kernel header is still a call with a name.
 */
#include "isolate.h"

#include "emit.h"
#include "entry.h"
#include "inject.h"
#include "mutate.h"
#include "reach.h"
#include "table.h"
#include "twin.h"

namespace isolator {
namespace {

const pass_data isolate_data = {
	SIMPLE_IPA_PASS, "fgft_isolate", OPTGROUP_NONE, TV_NONE, 0, 0, 0, 0, 0,
};

class IsolatePass : public simple_ipa_opt_pass {
      public:
	IsolatePass(gcc::context *context, Unit &unit)
		: simple_ipa_opt_pass(isolate_data, context), unit_(unit)
	{
	}

	unsigned execute(function *) final override
	{
		unit_.has_functions = symtab->first_function_with_gimple_body() != nullptr;
		unit_.report.source = compat_main_input();
		unit_.report.pm_ops = find_pm_ops();
		find_entries(unit_);
		if (unit_.options.mutants)
			insert_mutants(unit_);
		if (unit_.options.inject && !insert_fault_sites(unit_))
			return 0;

		const Reach reach = find_reach(unit_);

		make_twins(unit_, reach);
		track_natives(unit_);
		emit_unit(unit_);
		return 0;
	}

      private:
	Unit &unit_;
};

} // namespace

opt_pass *make_isolate_pass(Unit &unit)
{
	return new IsolatePass(g, unit);
}

} // namespace isolator
