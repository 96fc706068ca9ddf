package aws

import (
	"fmt"
	"regexp"
	"strings"
)

// FunctionPrefix begins the last segment of the ARN of a function.
const FunctionPrefix = "function:"

// LatestVersion is the version of a function that can still be changed; the others have numbers:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
const LatestVersion = "$LATEST"

// LatestPublished is the version of a function on Lambda Managed Instances that was published last, where it was published so
// that an unqualified name leads to it: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
const LatestPublished = "$LATEST.PUBLISHED"

// FunctionARN is the name of a Lambda function, of a version of it, or of an alias.
type FunctionARN struct {
	ARN
	// Name is the function's.
	Name string
	// Qualifier is a version's number, LatestVersion, or the name of an alias; empty in an unqualified ARN.
	Qualifier string
}

var functionARN = regexp.MustCompile(`arn:[^:"]+:lambda:[^:"]+:\d{12}:function:[A-Za-z0-9_-]+`)

// FunctionARNsIn are the unqualified ARNs of the functions that a text names, each as often as it does.
func FunctionARNsIn(text string) []string { return functionARN.FindAllString(text, -1) }

// ParseFunctionARN reads the ARN of a function, "arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME" with or without a qualifier:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html#versioning-versions-using
func ParseFunctionARN(text string) (FunctionARN, error) {
	a, err := ParseARN(text)
	if err != nil {
		return FunctionARN{}, err
	}
	rest, ok := strings.CutPrefix(a.Resource, FunctionPrefix)
	f := FunctionARN{ARN: a}
	f.Name, f.Qualifier, _ = strings.Cut(rest, ":")
	if !ok || a.Service != "lambda" || f.Name == "" {
		return FunctionARN{}, fmt.Errorf("parse function ARN %q: not of the form arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME", text)
	}
	return f, nil
}

// Unqualified is the function's own ARN.
func (f FunctionARN) Unqualified() string {
	f.Resource = FunctionPrefix + f.Name
	return f.ARN.String()
}

// QualifiedName is the function's name with the qualifier, if there is one.
func (f FunctionARN) QualifiedName() string { return strings.TrimPrefix(f.Resource, FunctionPrefix) }

// FunctionNameOf is the name in a function's unqualified ARN; a text that is none is taken for the name itself.
func FunctionNameOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// LayerARN is the name of a version of a layer.
type LayerARN struct {
	ARN
	// Name is the layer's, and Version the number of the version; empty in the ARN of a layer.
	Name, Version string
}

// ParseLayerARN reads the ARN of a layer's version, "arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:VERSION":
// https://docs.aws.amazon.com/lambda/latest/api/API_LayerVersionsListItem.html
func ParseLayerARN(text string) (LayerARN, error) {
	a, err := ParseARN(text)
	if err != nil {
		return LayerARN{}, err
	}
	kind, rest, _ := strings.Cut(a.Resource, ":")
	l := LayerARN{ARN: a}
	l.Name, l.Version, _ = strings.Cut(rest, ":")
	if kind != "layer" || a.Service != "lambda" || l.Name == "" {
		return LayerARN{}, fmt.Errorf("parse layer ARN %q: not of the form arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:VERSION", text)
	}
	return l, nil
}

// RuntimeARN is the name of a customer-managed runtime, of a version of it, or of an alias.
type RuntimeARN struct {
	ARN
	// Name is the runtime's. Version is empty in the ARN of a runtime and of an alias.
	Name, Version string
}

// ParseRuntimeARN reads the ARN of a customer-managed runtime, "arn:PARTITION:lambda:REGION:ACCOUNT:runtime/NAME", of a version of
// it, which adds "/version/VERSION", or of an alias, which adds "/alias/ALIAS": https://docs.aws.amazon.com/lambda/latest/dg/cmr-versions.html
func ParseRuntimeARN(text string) (RuntimeARN, error) {
	a, err := ParseARN(text)
	if err != nil {
		return RuntimeARN{}, err
	}
	rest, ok := strings.CutPrefix(a.Resource, "runtime/")
	r := RuntimeARN{ARN: a}
	var kind, of string
	if r.Name, kind, _ = strings.Cut(rest, "/"); kind != "" {
		kind, of, _ = strings.Cut(kind, "/")
	}
	if kind == "version" {
		r.Version = of
	}
	if !ok || a.Service != "lambda" || r.Name == "" || !IsAccountID(a.Account) || (kind != "") != (of != "") {
		return RuntimeARN{}, fmt.Errorf("parse runtime ARN %q: not of the form arn:PARTITION:lambda:REGION:ACCOUNT:runtime/NAME", text)
	}
	return r, nil
}

// CapacityProviderARN is the ARN of a capacity provider: https://docs.aws.amazon.com/lambda/latest/api/API_CapacityProvider.html
func CapacityProviderARN(partition, region, account, name string) string {
	return ARN{partition, "lambda", region, account, capacityProvider + name}.String()
}

// CapacityProviderName is the name in the ARN of a capacity provider; what is no such ARN is its own name.
func CapacityProviderName(text string) string {
	arn, err := ParseARN(text)
	if name, ok := strings.CutPrefix(arn.Resource, capacityProvider); err == nil && ok {
		return name
	}
	return text
}

const capacityProvider = "capacity-provider:"

// FunctionName is a function as Lambda's FunctionName parameters name it. Only Name is always set.
type FunctionName struct {
	Partition, Region, Account, Name, Qualifier string
}

// ParseFunctionName reads the forms that Lambda's FunctionName takes: a name, a partial ARN (ACCOUNT:function:NAME, of which
// the middle may be missing and a Region may stand in front), or a whole ARN; each may end in a qualifier. It is false for any
// other text. See https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html.
func ParseFunctionName(text string) (FunctionName, bool) {
	var f FunctionName
	qualified := false
	if IsARN(text) {
		a, err := ParseFunctionARN(text)
		if err != nil || a.Region == "" || a.Account == "" {
			return FunctionName{}, false
		}
		f = FunctionName{a.Partition, a.Region, a.Account, a.Name, a.Qualifier}
		qualified = text != a.Unqualified()
	} else {
		segments := strings.Split(text, ":")
		if len(segments) > 2 && !IsAccountID(segments[0]) && IsAccountID(segments[1]) {
			f.Region, segments = segments[0], segments[1:]
		}
		if len(segments) > 1 && IsAccountID(segments[0]) {
			f.Account, segments = segments[0], segments[1:]
		}
		if len(segments) > 1 && segments[0] == "function" {
			segments = segments[1:]
		}
		f.Name, f.Qualifier = segments[0], strings.Join(segments[1:], ":")
		qualified = len(segments) > 1
	}
	if !isLabel(f.Name) || qualified && !isLabel(strings.TrimPrefix(f.Qualifier, "$")) {
		return FunctionName{}, false
	}
	return f, true
}

// ARN is the function's unqualified ARN.
func (f FunctionName) ARN() string {
	return ARN{f.Partition, "lambda", f.Region, f.Account, FunctionPrefix + f.Name}.String()
}

// isLabel tells whether a text has only the characters that names, versions and aliases are made of.
func isLabel(text string) bool {
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return text != ""
}
