#!/bin/sh
# Fails while a secret is missing or weak, or the installation has no name, so that nothing starts.
# Prints each fault with its remedy.
# Passwords are put into URLs and SQL: letters and digits need no quoting there.
set -eu

faults=0

complain() {
    echo "$1 $2: put the output of 'openssl rand -hex 24' for it into .env (see .env.example)" >&2
    faults=1
}

for name in \
    KAITONG_PASSWORD_POSTGRES KAITONG_PASSWORD_ORDER KAITONG_PASSWORD_PROVISIONING \
    KAITONG_PASSWORD_RESOURCES KAITONG_PASSWORD_CUSTOMER \
    KAITONG_LOG_KEY KAITONG_PERSON_KEY
do
    eval "value=\${$name:-}"
    case $value in
        '') complain "$name" 'is not set' ;;
        *[!A-Za-z0-9]*) complain "$name" 'holds something other than letters and digits' ;;
        ????????????????*) ;;
        *) complain "$name" 'is shorter than 16 characters' ;;
    esac
done

case ${KAITONG_INSTALLATION:-} in
    '') fault='is not set' ;;
    *[!A-Za-z0-9._-]*) fault='holds something other than letters, digits, dots and dashes' ;;
    *) fault= ;;
esac
if [ -n "$fault" ]; then
    echo "KAITONG_INSTALLATION $fault: put a name that no other installation has into .env" >&2
    faults=1
fi

exit "$faults"
