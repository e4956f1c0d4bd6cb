// SPDX-License-Identifier: GPL-2.0
/*
 * The late pass over twins: hooks before stores, refusals.
 *
 *	native				twin
 *	for (i = 0; i < n; i++)		for (i = 0; i < n; i++) {
 *						__fgft_loop();
 *						__fgft_store4(&ring[i].cmd, 0);
 *		ring[i].cmd = 0;		ring[i].cmd = 0;
 *					}
 *	*a = *b;			__fgft_storen(a, sizeof(*a));
 *					*a = *b;
 *
 * It runs after every optimisation on trees: dead stores and dead calls are
 * gone, inlined bodies are visible, and whatever is refused really survives
 * in a function an entry point reaches.
 *
 * A helper whose row says PURE may have been inlined.  Its row speaks for its
 * body: asm and calls inside are accepted, stores are hooked all the same.
 */
#include "check.h"

#include "hooks.h"
#include "instrument.h"
#include "names.h"
#include "refuse.h"
#include "text.h"

namespace isolator {
namespace {

const pass_data check_data = {
	GIMPLE_PASS, "fgft_check", OPTGROUP_NONE, TV_NONE,
	PROP_cfg | PROP_ssa, 0, 0, 0, TODO_cleanup_cfg,
};

/* Builtins that read memory at most, or touch nothing but the own frame. */
bool is_harmless_builtin(tree callee, gimple *stmt)
{
	if (!fndecl_built_in_p(callee))
		return false;
	if (!gimple_vdef(stmt))
		return true;
	if (!fndecl_built_in_p(callee, BUILT_IN_NORMAL))
		return false;
	switch (DECL_FUNCTION_CODE(callee)) {
	case BUILT_IN_UNREACHABLE:
	case BUILT_IN_TRAP:
	case BUILT_IN_PREFETCH:
	case BUILT_IN_STACK_SAVE:
	case BUILT_IN_STACK_RESTORE:
	case BUILT_IN_ALLOCA:
	case BUILT_IN_ALLOCA_WITH_ALIGN:
	case BUILT_IN_ALLOCA_WITH_ALIGN_AND_MAX:
	case BUILT_IN_VA_START:
	case BUILT_IN_VA_END:
	case BUILT_IN_VA_COPY:
	case BUILT_IN_STRLEN:
	case BUILT_IN_RETURN_ADDRESS:
	case BUILT_IN_FRAME_ADDRESS:
		return true;
	default:
		return false;
	}
}

/* True if every value @pointer can have comes from __fgft_icall. */
bool is_checked_target(tree pointer, std::set<tree> &seen)
{
	gimple *def;

	if (TREE_CODE(pointer) != SSA_NAME)
		return false;
	if (!seen.insert(pointer).second)
		return true;
	def = SSA_NAME_DEF_STMT(pointer);
	if (is_gimple_call(def)) {
		tree callee = gimple_call_fndecl(def);

		return callee && symbol_of(callee) == "__fgft_icall";
	}
	if (gphi *phi = dyn_cast<gphi *>(def)) {
		for (unsigned i = 0; i < gimple_phi_num_args(phi); i++)
			if (!is_checked_target(gimple_phi_arg_def(phi, i), seen))
				return false;
		return true;
	}
	return is_gimple_assign(def) &&
	       (gimple_assign_ssa_name_copy_p(def) || gimple_assign_cast_p(def)) &&
	       is_checked_target(gimple_assign_rhs1(def), seen);
}

bool uses_float(gimple *stmt)
{
	for (unsigned i = 0; i < gimple_num_ops(stmt); i++) {
		tree op = gimple_op(stmt, i);

		if (op && !TYPE_P(op) && TREE_TYPE(op) && FLOAT_TYPE_P(TREE_TYPE(op)))
			return true;
	}
	return false;
}

bool clobbers_memory(gasm *stmt)
{
	for (unsigned i = 0; i < gimple_asm_nclobbers(stmt); i++) {
		tree clobber = TREE_VALUE(gimple_asm_clobber_op(stmt, i));

		if (!strcmp(TREE_STRING_POINTER(clobber), "memory"))
			return true;
	}
	return false;
}

bool reads_memory_operand(gasm *stmt)
{
	for (unsigned i = 0; i < gimple_asm_ninputs(stmt); i++)
		if (!is_gimple_val(TREE_VALUE(gimple_asm_input_op(stmt, i))))
			return true;
	return false;
}

class Checker {
      public:
	explicit Checker(Unit &unit)
		: unit_(unit), self_(native_of(symbol_of(current_function_decl))),
		  count_(unit.report.twins[self_])
	{
	}

	void run();

      private:
	void statement(gimple_stmt_iterator *gsi);
	void store(gimple_stmt_iterator *gsi, tree ref, tree value);
	void call(gimple_stmt_iterator *gsi, gcall *stmt);
	void internal_call(gcall *stmt);
	void direct_call(gimple_stmt_iterator *gsi, gcall *stmt, tree callee);
	void indirect_call(gimple_stmt_iterator *gsi, gcall *stmt);
	void assembly(gimple_stmt_iterator *gsi, gasm *stmt);
	void count_call(const KapiRow &row);
	bool inside_pure_helper(gimple *stmt);

	Unit &unit_;
	std::string self_;
	TwinReport &count_;
	bool calls_ = false;
};

void Checker::count_call(const KapiRow &row)
{
	CallReport &call = unit_.report.kernel_functions[row.name];

	call.klass = row.klass;
	call.count++;
	call.from.insert(self_);
}

bool Checker::inside_pure_helper(gimple *stmt)
{
	return inlined_from(stmt, [&](tree function) {
		const KapiRow *row = unit_.kapi.find(symbol_of(function));

		return row && row->pure();
	}) != NULL_TREE;
}

void Checker::store(gimple_stmt_iterator *gsi, tree ref, tree value)
{
	switch (hook_memory(gsi, ref, value)) {
	case Hooked::store:
		count_.stores++;
		break;
	case Hooked::range:
		count_.ranges++;
		break;
	case Hooked::no:
		refuse_store(unit_, gsi_stmt(*gsi));
		break;
	}
}

void Checker::internal_call(gcall *stmt)
{
	internal_fn fn = gimple_call_internal_fn(stmt);

	/* GCC's own forms of __atomic_* and of masked stores. */
	if (internal_store_fn_p(fn) || !strncmp(internal_fn_name(fn), "ATOMIC", 6))
		refuse_unclassed(unit_, stmt, internal_fn_name(fn));
}

void Checker::direct_call(gimple_stmt_iterator *gsi, gcall *stmt, tree callee)
{
	const std::string wrapper = "fgft_k_";
	const std::string symbol = symbol_of(callee);
	const KapiRow *row = unit_.kapi.find(symbol);
	bool hooked;

	if (is_hook(callee)) {
		count_.icalls += symbol == "__fgft_icall";
		return;
	}
	if (symbol.find("kernel_fpu_begin") != std::string::npos)
		refuse_fpu(unit_, stmt);
	if (is_twin(callee)) {
		calls_ = true;
		if (DECL_EXTERNAL(callee))
			unit_.report.other_units.insert(symbol);
		return;
	}
	if (!row && symbol.compare(0, wrapper.size(), wrapper) == 0)
		row = unit_.kapi.find(symbol.substr(wrapper.size()));
	/* Before the row, if it has one: that says what a fault in it means. */
	if (hook_string_call(gsi, stmt, hooked)) {
		count_.ranges += hooked;
		return;
	}
	if (row) {
		calls_ = true;
		count_call(*row);
		/* Appeared with an inlined body: a call the early pass did not see. */
		if (row->name == symbol && !row->pure()) {
			gimple_call_set_fndecl(stmt, external_like(callee, row->twin_symbol()));
			update_stmt(stmt);
		}
		return;
	}
	if (is_harmless_builtin(callee, stmt) || has_diagnose_attribute(callee) ||
	    inside_pure_helper(stmt))
		return;
	refuse_unclassed(unit_, stmt, symbol);
}

void Checker::indirect_call(gimple_stmt_iterator *gsi, gcall *stmt)
{
	tree target = gimple_call_fn(stmt);
	std::set<tree> seen;

	calls_ = true;
	if (is_checked_target(target, seen))
		return;

	check_target(gsi, stmt);
	count_.icalls++;
}

void Checker::call(gimple_stmt_iterator *gsi, gcall *stmt)
{
	if (stores_shared_memory(stmt))
		store(gsi, gimple_call_lhs(stmt), NULL_TREE);
	if (gimple_call_internal_p(stmt))
		internal_call(stmt);
	else if (tree callee = gimple_call_fndecl(stmt))
		direct_call(gsi, stmt, callee);
	else
		indirect_call(gsi, stmt);
}

void Checker::assembly(gimple_stmt_iterator *gsi, gasm *stmt)
{
	const std::string text = squeeze_blanks(gimple_asm_string(stmt));
	const AsmClass *listed = unit_.asms.find(text);
	AsmClass klass = listed ? *listed : AsmClass::outputs;

	if (!listed && inside_pure_helper(stmt))
		klass = AsmClass::none;
	else if (!listed && (gimple_asm_volatile_p(stmt) || clobbers_memory(stmt) ||
			     reads_memory_operand(stmt) ||
			     text.find("%gs:") != std::string::npos))
		return refuse_asm(unit_, stmt, text);
	if (klass != AsmClass::outputs)
		return;
	for (unsigned i = 0; i < gimple_asm_noutputs(stmt); i++) {
		tree output = TREE_VALUE(gimple_asm_output_op(stmt, i));
		tree base = get_base_address(output);

		if (is_gimple_reg(output) || (base && VAR_P(base) && DECL_HARD_REGISTER(base)))
			continue;
		if (!is_shared_memory(output))
			continue;
		if (hook_memory(gsi, output, NULL_TREE) == Hooked::no)
			refuse_store(unit_, stmt);
		count_.asms++;
	}
}

void Checker::statement(gimple_stmt_iterator *gsi)
{
	gimple *stmt = gsi_stmt(*gsi);

	if (is_gimple_debug(stmt))
		return;
	if (uses_float(stmt) && gimple_code(stmt) != GIMPLE_ASM)
		refuse_fpu(unit_, stmt);
	if (gcall *as_call = dyn_cast<gcall *>(stmt))
		call(gsi, as_call);
	else if (gasm *as_asm = dyn_cast<gasm *>(stmt))
		assembly(gsi, as_asm);
	else if (gimple_code(stmt) == GIMPLE_GOTO)
		refuse_computed_goto(unit_, stmt);
	else if (stores_shared_memory(stmt))
		store(gsi, gimple_get_lhs(stmt),
		      gimple_assign_single_p(stmt) ? gimple_assign_rhs1(stmt) : NULL_TREE);
}

void Checker::run()
{
	basic_block bb;

	FOR_EACH_BB_FN(bb, cfun)
		for (auto gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi))
			statement(&gsi);
	count_.loops += hook_loops();
	if (calls_)
		hook_stack();
	finish_hooks();
}

class CheckPass : public gimple_opt_pass {
      public:
	CheckPass(gcc::context *context, Unit &unit)
		: gimple_opt_pass(check_data, context), unit_(unit)
	{
	}

	bool gate(function *fn) final override { return is_twin(fn->decl); }

	unsigned execute(function *) final override
	{
		Checker(unit_).run();
		return 0;
	}

      private:
	Unit &unit_;
};

} // namespace

opt_pass *make_check_pass(Unit &unit)
{
	return new CheckPass(g, unit);
}

} // namespace isolator
