/* SPDX-License-Identifier: BSD-3-Clause */
/* report-json.c -- the figures as JSON */

#include <jansson.h>

#include "report.h"

static json_t *costs(const struct report *report)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < report->bench[0]->subject_count; i++) {
		const struct cost *cost = &report->costs[i];
		json_array_append_new(
		    list, json_pack("{s:s, s:I, s:I, s:I, s:f, s:I, s:f}", "peer",
			      report->bench[0]->subjects[i].peer->name, "file",
			      (json_int_t)cost->file, "resident", (json_int_t)cost->resident,
			      "keysAlone", (json_int_t)cost->keys_alone, "buildSeconds",
			      cost->build_seconds, "buildPeak", (json_int_t)cost->build_peak,
			      "openSeconds", cost->open_seconds));
	}
	return list;
}

static json_t *times(const struct report *report)
{
	char name[64];
	json_t *list = json_array();
	for (unsigned b = 0; b < 2; b++)
		for (unsigned m = 0; m < report->bench[b]->mixes->count; m++)
			for (unsigned r = 0; r < report->bench[b]->row_count; r++)
				for (unsigned s = 0; s < STATES; s++) {
					const struct figure *f = &report->figures[b][m][r][s];
					json_array_append_new(list,
					    json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "mix",
						report->bench[b]->mixes->list[m].name, "peer",
						report_row_name(&report->bench[b]->rows[r], name),
						"state", state_names[s], "median", f->median, "p99",
						f->p99, "singleMedian", f->single, "singleP99",
						f->single_p99));
				}
	return list;
}

static json_t *decisions(const struct report *report)
{
	static struct verdict verdicts[VERDICTS_MAX];
	unsigned count = report->quick ? 0 : report_verdicts(report, verdicts);
	json_t *list = json_array();
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:b, s:s}", "question", verdicts[i].question, "yes",
			      verdicts[i].yes, "figures", verdicts[i].figures));
	return list;
}

bool report_write_json(const struct report *report, const char *path, struct bt_err *err)
{
	json_t *root = json_pack(
	    "{s:s, s:I, s:I, s:I, s:I, s:i, s:i, s:s, s:{s:f, s:I}, s:o, s:o, s:o}", "version",
	    BT_VERSION, "names", (json_int_t)report->bench[0]->names->count, "generated",
	    (json_int_t)report->prepared.generated, "classes", (json_int_t)report->classes, "seed",
	    (json_int_t)report->seed, "rounds", (int)report->rounds, "disagree",
	    (int)report->disagree, "cold", regions_evict_method, "compile", "seconds",
	    report->compile.build_seconds, "peak", (json_int_t)report->compile.build_peak, "costs",
	    costs(report), "times", times(report), "verdicts", decisions(report));
	if (root == NULL)
		return bt_fail(err, "%s: out of memory", path);
	int failed = json_dump_file(root, path, JSON_INDENT(1));
	json_decref(root);
	return failed == 0 || bt_fail(err, "%s: cannot be written", path);
}
