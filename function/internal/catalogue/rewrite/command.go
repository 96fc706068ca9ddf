package rewrite

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Command is an AWS CLI command for a POSIX shell: the call, as "iam create-role", and pairs of option and value. An attacker may
// choose a value. A value that starts with a dash is joined to its option, which would otherwise have none.
func Command(call string, options ...string) string {
	words := append([]string{"aws"}, strings.Fields(call)...)
	for i := 0; i+1 < len(options); i += 2 {
		if strings.HasPrefix(options[i+1], "-") {
			words = append(words, options[i]+"="+options[i+1])
			continue
		}
		words = append(words, options[i], options[i+1])
	}
	return check.Shell(words...)
}
