/* SPDX-License-Identifier: BSD-3-Clause */
/* html-style.h -- how the report's page looks: light, dark, and on paper */
#ifndef BT_HTML_STYLE_H
#define BT_HTML_STYLE_H

/* A style sheet. Contrast of text is 4.5 : 1 at least in either scheme (WCAG 2.1, 1.4.3). */
extern const char bt_html_style[];

#endif
