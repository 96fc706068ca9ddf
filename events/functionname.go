package events

import "strings"

// functionName is a function as requests name it. Only name is always there.
type functionName struct {
	partition, region, account, name, qualifier string
}

func (f functionName) arn() string {
	return "arn:" + f.partition + ":lambda:" + f.region + ":" + f.account + ":function:" + f.name
}

// functionFrom reads the forms that Lambda's FunctionName takes: a name, a partial ARN (ACCOUNT:function:NAME, of
// which the middle may be missing and a Region may stand in front), or a full ARN; each may end in a qualifier.
// See https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html.
func functionFrom(s string) (functionName, bool) {
	var f functionName
	seg := strings.Split(s, ":")
	if seg[0] == "arn" {
		if len(seg) < 7 || seg[1] == "" || seg[2] != "lambda" || seg[3] == "" || seg[4] == "" || seg[5] != "function" {
			return functionName{}, false
		}
		f.partition, f.region, f.account = seg[1], seg[3], seg[4]
		seg = seg[6:]
	} else {
		if len(seg) > 2 && !isAccount(seg[0]) && isAccount(seg[1]) {
			f.region, seg = seg[0], seg[1:]
		}
		if len(seg) > 1 && isAccount(seg[0]) {
			f.account, seg = seg[0], seg[1:]
		}
		if len(seg) > 1 && seg[0] == "function" {
			seg = seg[1:]
		}
	}
	f.name = seg[0]
	if len(seg) == 2 {
		f.qualifier = seg[1]
	}
	if len(seg) > 2 || !isLabel(f.name) || len(seg) == 2 && !isLabel(strings.TrimPrefix(f.qualifier, "$")) {
		return functionName{}, false
	}
	return f, true
}

func isAccount(s string) bool {
	_, digits := cutDigits(s)
	return len(s) == 12 && digits == 12
}

// isLabel says whether s has only the letters that names, versions and aliases are made of.
func isLabel(s string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return s != ""
}
