/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-unbound.c -- has Debian a newer Unbound than the one that ours was built from? */

#include <stdio.h>
#include <sys/wait.h>

#include "doctor.h"

/* The package beacontrap-unbound says so. Only dpkg knows which of two versions is older. */
#define BUILT_FROM BT_PKGLIBDIR "/unbound/debian-version"

static const char ask_dpkg[] =
    "{ read -r ours <" BUILT_FROM " && packaged=$(dpkg-query -W -f '${source:Version}' unbound) && "
    "echo \"$ours $packaged\" && dpkg --compare-versions \"$ours\" ge \"$packaged\"; } 2>/dev/null";

void bt_check_unbound(struct bt_doctor *doctor)
{
	char ours[128], packaged[128];
	FILE *dpkg = popen(ask_dpkg, "re");
	if (dpkg == NULL)
		return;
	bool told = fscanf(dpkg, "%127s %127s", ours, packaged) == 2;
	int status = pclose(dpkg);
	if (!told || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return; /* it is not of the package, or dpkg cannot tell */
	if (status == 0) {
		bt_found(doctor, BT_HEALTH_OK, "built from Debian's %s; the package unbound is %s",
		    ours, packaged);
		return;
	}
	bt_found(doctor, BT_HEALTH_WARN,
	    "built from Debian's %s, older than the package unbound, %s", ours, packaged);
	bt_advise(doctor, "build beacontrap-unbound anew, and install it: the newer one may mend a "
			  "vulnerability");
}
