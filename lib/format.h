/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * format.h -- the formats that a list can have
 *
 * A format is a row here, and a file lib/list-NAME.c that defines its reader (list-formats.h).
 */
#ifndef BT_FORMAT_H
#define BT_FORMAT_H

/*
 * Its constant and its name. Where as many lines speak for two formats, the list is of that which
 * stands first.
 */
#define BT_FORMAT_ROWS(ROW)                                                                        \
	ROW(DOMAINS, domains)                                                                      \
	ROW(HOSTS, hosts)                                                                          \
	ROW(ADBLOCK, adblock)                                                                      \
	ROW(DNSMASQ, dnsmasq)                                                                      \
	ROW(UNBOUND, unbound)                                                                      \
	ROW(RPZ, rpz)                                                                              \
	ROW(ZEEK, zeek)                                                                            \
	ROW(CSV, csv)                                                                              \
	ROW(THREATFOX, threatfox)                                                                  \
	ROW(STIX, stix)                                                                            \
	ROW(MISP, misp)                                                                            \
	ROW(TEXT, text)                                                                            \
	ROW(YAML, yaml)

#define BT_FORMAT_CONSTANT(constant, name) BT_FORMAT_##constant,

enum bt_format {
	BT_FORMAT_AUTO, /* look at the file's first lines */
	BT_FORMAT_ROWS(BT_FORMAT_CONSTANT) BT_FORMATS
};

/* Those but auto, for a sentence: ", domains, hosts, ..." */
#define BT_FORMAT_NEXT_NAME(constant, name) ", " #name
#define BT_FORMAT_OTHERS BT_FORMAT_ROWS(BT_FORMAT_NEXT_NAME)

/* "auto", "domains", ...; and back, -1 if there is no such format. */
const char *bt_format_name(enum bt_format format);
int bt_format_from_name(const char *name);

#endif
