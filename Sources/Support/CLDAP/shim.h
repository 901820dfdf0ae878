// sys/time.h first: ldap.h only forward-declares struct timeval.
#include <sys/time.h>
#include <ldap.h>
#include <openldap.h>
