package events

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// fillFromRefusal takes from the error message what a refused call was about, where the parameters do not tell:
// of a call that the caller may not make, CloudTrail records none. The messages read
//
//	User: ARN is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/NAME because ...
//
// or, from IAM itself, `on resource: role NAME because ...` and `on resource: policy ARN version v2 because ...`.
func fillFromRefusal(c *Change) {
	_, rest, ok := strings.Cut(c.ErrorMessage, " on resource: ")
	if !ok {
		return
	}
	words := strings.Fields(rest)
	if aws.MessageCut(c.ErrorMessage) && len(words) > 0 && strings.HasSuffix(c.ErrorMessage, words[len(words)-1]) {
		words = words[:len(words)-1] // The end of the last word may be missing: it would name something else.
	}
	if len(words) == 0 {
		return
	}
	kind, what := "", strings.TrimSuffix(words[0], ".")
	if len(words) > 1 && (what == "role" || what == "policy") {
		kind, what = what, strings.TrimSuffix(words[1], ".")
	}
	role, isRole := roleFromARN(what)
	function, isFunction := aws.ParseFunctionName(what)
	switch {
	case isRole && c.Role.IsZero():
		c.Role = role
	case kind == "role" && c.Role.IsZero():
		c.Role.Name = what[strings.LastIndexByte(what, '/')+1:]
	case kind == "policy" && c.Policy.ARN == "" && partitionOf(what) != "":
		c.Policy.ARN = what
		if len(words) > 3 && words[2] == "version" {
			c.Policy.VersionID = strings.TrimSuffix(words[3], ".")
		}
	case isFunction && function.Partition != "" && c.Function.IsZero():
		c.Function = FunctionRef{Name: function.Name, ARN: function.ARN(), Qualifier: function.Qualifier}
	}
}
