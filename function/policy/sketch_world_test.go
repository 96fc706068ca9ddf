package policy

import (
	"slices"
	"strings"
)

// world is what requests are made of to hold a comparison of two sets against Evaluate.
type world struct {
	principals, actions, resources []string
	keys                           map[string][]ContextValue
	resourceKind                   string
}

// worldOf makes instances of all patterns of both sets, of pairs of them, and what lies next to them.
func (r sketcher) worldOf(old, new sketchedSet) *world {
	w := &world{keys: map[string][]ContextValue{}}
	var resources, actions []string
	w.principals = []string{
		"arn:aws:iam::123456789012:role/example", "arn:aws:iam::111111111111:role/x", "arn:aws:iam::111111111111:user/u", "arn:aws:iam::111111111111:user/uv",
		"arn:aws:sts::111111111111:assumed-role/x/s", "arn:aws:iam::222222222222:role/y", "arn:aws:iam::111111111111:role/p/z",
	}
	for _, set := range []sketchedSet{old, new} {
		for _, p := range set {
			if p.place == "resource" || p.place == "trust" {
				w.resourceKind = p.place
			}
			for _, s := range p.statements {
				for _, a := range s.actions {
					actions = appendNew(actions, a)
				}
				for _, text := range s.resources {
					resources = appendNew(resources, text)
				}
				for _, c := range s.conditions {
					w.addValues(c)
				}
			}
		}
	}
	if w.resourceKind != "" {
		w.principals = append(w.principals, "lambda.amazonaws.com", "ec2.amazonaws.com", "sns.amazonaws.com", "*", "arn:aws:iam::111111111111:saml-provider/p",
			"arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:role/r", "arn:aws:sts::111111111111:assumed-role/x/t", "arn:aws:sts::111111111111:federated-user/f")
	}
	w.addActions(actions)
	w.addResources(resources)
	if w.resourceKind == "trust" {
		w.actions = slices.DeleteFunc(w.actions, func(a string) bool { return !strings.HasPrefix(a, "sts:") })
		w.actions = appendNew(w.actions, "sts:AssumeRole")
		w.resources = []string{"arn:aws:iam::111111111111:role/example", "arn:aws:iam::222222222222:role/example", "arn:aws:iam::123456789012:role/example"}
	}
	return w
}

// sketchedRequests are documented actions of every shape, and some that are not.
var sketchedRequests = []string{
	"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteBucket", "s3:ListBucket", "s3:GetBucketPolicy", "s3:GetAccessPoint", "s3:ListAllMyBuckets", "s3:GetObjectTagging",
	"s3:DeleteAccessPoint", "iam:PassRole", "iam:GetPolicyVersion", "iam:GetRole", "iam:CreateRole", "iam:AttachRolePolicy", "iam:ListRoles", "iam:DeleteUser", "iam:CreatePolicyVersion",
	"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:GetFederationToken", "sts:GetSessionToken", "kms:Decrypt", "kms:CreateAlias", "kms:CreateKey",
	"kms:DescribeKey", "kms:RetireGrant", "kms:CreateGrant", "lambda:InvokeFunction", "lambda:ListFunctions", "lambda:GetFunction", "lambda:GetLayerVersion",
	"dynamodb:Query", "dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:ListTables", "dynamodb:GetRecords", "sqs:SendMessage", "sqs:DeleteMessage", "sqs:ListQueues",
	"ec2:RunInstances", "ec2:DescribeInstances", "ec2:CreateTags", "ec2:StartInstances", "sns:Publish", "s3:unheardofthing", "iam:unheardofthing", "kms:unheardofthing", "sso:getrole",
}

func (w *world) addActions(patterns []string) {
	for _, text := range patterns {
		p := compileAction(text)
		for _, request := range sketchedRequests {
			if service, name, _ := strings.Cut(strings.ToLower(request), ":"); p.matches(service, name) {
				w.actions = appendNew(w.actions, request)
			}
		}
		if service, name, ok := strings.Cut(text, ":"); ok {
			made := strings.NewReplacer("*", "s", "?", "s").Replace(service) + ":" + strings.NewReplacer("*", "example", "?", "x").Replace(name)
			w.actions = appendNew(w.actions, made)
		}
	}
	w.actions = appendNew(w.actions, "s3:GetObject")
}

var sketchedSegments = [][]string{{"arn"}, {"aws"}, {"s3", "iam", "kms", "lambda", "dynamodb", "sqs", "ec2"}, {"", "us-east-1", "eu-west-1"}, {"111111111111", "222222222222", "", "123456789012", "aws"}}

// addResources adds ARNs as AWS makes them: what patterns and pairs of them cover.
func (w *world) addResources(patterns []string) {
	var split [][]string
	for _, text := range append([]string{"arn:aws:*:*:*:*", "arn:aws:s3:::*", "arn:aws:iam::*:role/*"}, patterns...) {
		for _, value := range []string{"u", "pay"} {
			for {
				before, _, after, ok := cutVariable(text)
				if !ok {
					break
				}
				text = before + value + after
			}
			segments := strings.SplitN(text, ":", 6)
			if segments[0] == "*" {
				continue
			}
			for len(segments) < 6 {
				segments = append(segments, "*")
			}
			split = append(split, segments)
		}
	}
	w.resources = []string{"*"}
	for i, a := range split {
		for _, b := range split[:i+1] {
			head := []string{""}
			for k, choices := range sketchedSegments {
				var next []string
				for _, choice := range choices {
					if globMatches(a[k], choice) && globMatches(b[k], choice) {
						for _, h := range head {
							next = append(next, h+choice+":")
						}
						if k != 4 && len(next) > 1 {
							break
						}
					}
				}
				head = next
			}
			for _, h := range head {
				if strings.Contains(h, ":aws:") && !strings.HasPrefix(h, "arn:aws:iam::aws:") {
					continue // Only IAM has resources that AWS owns.
				}
				for _, fill := range []string{"", "example", "private/x"} {
					if tail, ok := globMeet(a[5], b[5], fill); ok && tail != "" && len(w.resources) < 150 {
						w.resources = appendNew(w.resources, h+tail)
					}
				}
			}
		}
	}
}

func globMatches(glob, text string) bool { return matchGlob(markWildcards(glob), text) }

// globMeet is a text that two globs match; fill stands for a run that both hold at the same place.
func globMeet(a, b, fill string) (string, bool) {
	failed := map[[2]int]bool{}
	var meet func(i, j int) (string, bool)
	meet = func(i, j int) (string, bool) {
		if i == len(a) && j == len(b) {
			return "", true
		}
		if failed[[2]int{i, j}] {
			return "", false
		}
		starA, starB := i < len(a) && a[i] == '*', j < len(b) && b[j] == '*'
		if starA && starB {
			if text, ok := meet(i+1, j+1); ok {
				return fill + text, true
			}
		}
		if starA {
			if text, ok := meet(i+1, j); ok {
				return text, true
			}
			if j < len(b) && !starB {
				if text, ok := meet(i, j+1); ok {
					return plain(b[j]) + text, true
				}
			}
		}
		if starB {
			if text, ok := meet(i, j+1); ok {
				return text, true
			}
			if i < len(a) && !starA {
				if text, ok := meet(i+1, j); ok {
					return plain(a[i]) + text, true
				}
			}
		}
		if i < len(a) && j < len(b) && !starA && !starB && (a[i] == b[j] || a[i] == '?' || b[j] == '?') {
			c := a[i]
			if c == '?' {
				c = b[j]
			}
			if text, ok := meet(i+1, j+1); ok {
				return plain(c) + text, true
			}
		}
		failed[[2]int{i, j}] = true
		return "", false
	}
	return meet(0, 0)
}

func plain(c byte) string {
	if c == '?' {
		return "x"
	}
	return string([]byte{c})
}
