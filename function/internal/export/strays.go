package export

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// findStrays gives the files of resource policies that belong to no function. What such a file holds may be the policy of a function that it
// names, or, where it names none, of any.
func (r *reading) findStrays(functions map[string][]*versionDetail) (strays []string) {
	if len(r.resourcePolicies) == 0 || r.functionFiles == 0 {
		return nil
	}
	taken := map[string]bool{}
	for arn := range functions {
		function, _ := aws.ParseFunctionARN(arn) // It was parsed when it was read.
		for _, p := range r.byName()[function.Name] {
			taken[p.path] = taken[p.path] || r.isOf(&p, arn, function.Region)
		}
	}
	r.strayOf = map[string]string{}
	for _, p := range r.resourcePolicies {
		if taken[p.path] {
			continue
		}
		strays = append(strays, strings.TrimPrefix(strings.TrimPrefix(p.path, r.dir), "/"))
		named := aws.FunctionARNsIn(p.text)
		for _, arn := range named {
			if functions[arn] != nil {
				r.strayOf[arn] = p.path
			}
		}
		if len(named) == 0 {
			r.strayOf[""] = p.path
		}
	}
	return strays
}

// whyStray says why the resource policies of a function, which has files of its own or none, are not all known, and is empty where they are.
func (r *reading) whyStray(arn string, hasOwn bool) string {
	path := r.strayOf[arn]
	if path == "" && !hasOwn {
		path = r.strayOf[""]
	}
	if path == "" {
		return ""
	}
	return path + " belongs to no function by its name, and may be a policy of this one"
}
