/* SPDX-License-Identifier: MIT */
/* The actions of `mfn key`. */
#ifndef MFN_CLI_KEY_H
#define MFN_CLI_KEY_H

int mfn__key_new_command(int argc, char **argv);
void mfn__key_new_help(void);

int mfn__key_check_command(int argc, char **argv);
void mfn__key_check_help(void);

/* Warns on stderr when everybody may read the key file. */
void mfn__key_warn_of_mode(const char *action, const char *path);

#endif
