// SPDX-License-Identifier: GPL-2.0
/*
 * FGFT isolator: gives each driver function an isolated twin at compile time.
 *
 * Before:
 *	int foo_set_rate(struct foo *foo, int rate)
 *	{
 *		foo->rate = rate;
 *		writel(rate, foo->regs);
 *		return 0;
 *	}
 * After, with "entry foo_set_rate" in the policy:
 *	int foo_set_rate(struct foo *foo, int rate)
 *	{
 *		nop;	// "jmp foo_set_rate.stub" while isolation is on
 *		foo->rate = rate;
 *		...
 *	}
 *	int foo_set_rate.fgft(struct foo *foo, int rate)
 *	{
 *		__fgft_stack();
 *		__fgft_store4(&foo->rate);
 *		foo->rate = rate;
 *		fgft_k_writel(rate, foo->regs);
 *		return 0;
 *	}
 *
 * Arguments, each as -fplugin-arg-isolator-<key>[=<value>]:
 *	kapi=<directory>	*.def, the kernel-API table, and asm.def
 *	policy=<file>		the driver's entries and registers
 *	symvers=<file>		Module.symvers; may be given more than once
 *	report=<directory>	write <object stem>.json there
 *	inject			put fault sites in (for test builds)
 *	mutants			put mutants in (the same)
 *	verbose			one line per decision, to standard error
 *	disable			do nothing
 *
 * Debugging: -fdump-ipa-fgft_isolate and -fdump-tree-fgft_check show the
 * program after each pass; fgft/abi.h says what the records mean.
 */
#include "gcc_compat.h"

#include "branch.h"
#include "check.h"
#include "hooks.h"
#include "isolate.h"
#include "unit.h"

__attribute__((visibility("default"))) int plugin_is_GPL_compatible;

namespace {

using namespace isolator;

Unit unit;

bool fail(const std::string &message)
{
	fprintf(stderr, "isolator: error: %s\n", message.c_str());
	return false;
}

template <class T> bool take(Result<T> result, T &into)
{
	if (!result)
		return fail(result.error());
	into = std::move(result.value());
	return true;
}

bool read_options(const plugin_name_args *info)
{
	std::vector<Argument> arguments;

	for (int i = 0; i < info->argc; i++) {
		const char *value = info->argv[i].value;

		arguments.push_back({info->argv[i].key, value ? value : "", value != nullptr});
	}
	return take(parse_options(info->base_name, arguments), unit.options);
}

bool read_inputs()
{
	return take(KapiTable::load(unit.options.kapi), unit.kapi) &&
	       take(AsmTable::load(unit.options.kapi + "/asm.def"), unit.asms) &&
	       take(Policy::load(unit.options.policy), unit.policy) &&
	       take(Symvers::load(unit.options.symvers), unit.symvers);
}

bool check_version(plugin_gcc_version *running)
{
	if (plugin_default_version_check(running, &gcc_version))
		return true;
	return fail(std::string("built for gcc ") + gcc_version.basever + " (" +
		    gcc_version.datestamp + "), loaded by gcc " + running->basever + " (" +
		    running->datestamp + "): rebuild it with make -C fgft/isolator clean all "
		    "CC=<this compiler>");
}

void add_pass(const char *plugin, opt_pass *pass, const char *reference, pass_positioning_ops where)
{
	register_pass_info info = {pass, reference, 1, where};

	register_callback(plugin, PLUGIN_PASS_MANAGER_SETUP, nullptr, &info);
}

void start_unit(void *, void *)
{
	if (!optimize)
		error("%<isolator%> needs optimisation: helpers of kernel headers have to be "
		      "inlined; add %<-O1%> or more");
}

/* "e1000_main" of ".../e1000_main.c", "e1000.mod" of "e1000.mod.c" */
std::string object_stem()
{
	std::string name = compat_main_input();
	size_t slash = name.rfind('/');

	if (slash != std::string::npos)
		name = name.substr(slash + 1);
	return name.substr(0, name.rfind('.'));
}

void finish_unit(void *, void *)
{
	/* The boilerplate of modpost (foo.mod.c) has no function and no report. */
	if (unit.options.report.empty() || !unit.has_functions)
		return;
	for (const auto &entry : unit.entries) {
		static const char *const kinds[] = {"void", "int",	    "uint",
						     "bool", "pointer", "long"};

		unit.report.entries.push_back(
			{entry.name, entry.table, static_cast<uint32_t>(entry.arguments.size()),
			 kinds[static_cast<unsigned>(entry.ret)]});
	}

	auto written = unit.report.write(unit.options.report, object_stem());

	if (!written)
		error("%<isolator%>: %s: create the directory given with "
		      "%<-fplugin-arg-isolator-report%>", written.error().c_str());
}

} // namespace

__attribute__((visibility("default"))) int plugin_init(plugin_name_args *info,
							plugin_gcc_version *running)
{
	if (!check_version(running) || !read_options(info))
		return 1;
	if (unit.options.disable)
		return 0;
	if (!read_inputs())
		return 1;

	register_hook_roots(info->base_name);
	catch_smashed_stacks();
	register_callback(info->base_name, PLUGIN_START_UNIT, start_unit, nullptr);

	/* Bodies are in SSA form, nothing is inlined. */
	add_pass(info->base_name, make_isolate_pass(unit), "build_ssa_passes",
		 PASS_POS_INSERT_AFTER);
	/* Every optimisation on trees is done. */
	add_pass(info->base_name, make_check_pass(unit), "tsan0", PASS_POS_INSERT_AFTER);
	/* Registers are allocated, instructions in their final order. */
	add_pass(info->base_name, make_branch_pass(unit), "shorten", PASS_POS_INSERT_BEFORE);

	register_callback(info->base_name, PLUGIN_FINISH_UNIT, finish_unit, nullptr);
	return 0;
}
