package rules_test

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy/rules"
)

func ExampleFind() {
	if r, ok := rules.Find(4); ok {
		fmt.Println(r.Section)
		fmt.Println(r.Sentence)
		fmt.Println(r.URLs[0])
	}
	// Output:
	// Grammar and validity
	// The value of Effect is Allow or Deny, and it is case sensitive.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html
}
