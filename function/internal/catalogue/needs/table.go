package needs

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func logs(f *role.Function, p aws.ARN) (a asked) {
	group, _ := known(&a, "log group", f.Config.LogGroup)
	if f.Config.LogGroup.State() == role.Unknown {
		return a
	}
	a.add(by(lambdaItself, ownStreams(f, p, group))...)
	return a
}

// vpc is judged against "*", for Lambda tries the creation and deletion before it accepts the configuration, and against what EC2 checks the
// calls against. EC2 accepts no other resource than "*" for describing.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
func vpc(f *role.Function, p aws.ARN) (a asked) {
	if n, _ := known(&a, "VPC", f.Config.Network); len(n.Subnets) > 0 || n.VPC != "" {
		others := softly(everywhere(notCarried, "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"))
		others.instead = []part{newInterface(p)}
		a.add(by(lambdaItself, interfaces(p, n.Subnets, n.SecurityGroups, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
			everywhere(notCarried, "ec2:DescribeNetworkInterfaces"), others)...)
	}
	return a
}

// newInterface is a network interface that Lambda makes.
func newInterface(p aws.ARN) part {
	return part{resource: p.In("ec2", "network-interface/eni-*").String(), on: p.In("ec2", "network-interface/*").String(), made: true}
}

// interfaces is the making of network interfaces, and what EC2 checks that against:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html. Which security groups there are decides whether
// EC2 checks them.
func interfaces(p aws.ARN, subnets, groups []string, actions ...string) need {
	n := everywhere(notCarried, actions...)
	n.instead = []part{newInterface(p)}
	for _, s := range orAny(subnets) {
		n.instead = append(n.instead, part{resource: p.In("ec2", "subnet/"+s).String(), which: role.Gap{
			What: "in which subnets Lambda creates network interfaces", SettledBy: "Allow the action in every subnet, or test the function.",
		}})
	}
	for _, g := range orAny(groups) {
		one := part{resource: p.In("ec2", "security-group/"+g).String(), which: role.Gap{
			What: "with which security groups Lambda creates network interfaces", SettledBy: "Allow the action with every security group, or test the function.",
		}}
		if g == anyName {
			one.unless = one.which
		}
		n.instead = append(n.instead, one)
	}
	return n
}

// orAny is a pattern for names that are not known.
func orAny(names []string) []string {
	if len(names) == 0 {
		return []string{anyName}
	}
	return names
}

func traces(f *role.Function, _ aws.ARN) (a asked) {
	if active, _ := known(&a, "tracing", f.Config.Tracing); active {
		a.add(by(lambdaItself, everywhere(carried, "xray:PutTraceSegments", "xray:PutTelemetryRecords"))...)
	}
	return a
}

func deadLetter(f *role.Function, _ aws.ARN) (a asked) {
	if arn, _ := known(&a, "dead-letter target", f.Config.DeadLetter); arn != "" {
		a.deliver(arn, "")
	}
	return a
}

// deliver asks for what delivering to a target takes. The names of objects in a bucket are documented:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
func (a *asked) deliver(arn, prefix string) {
	needs, ok := deliver(arn, prefix)
	if !ok {
		a.miss(role.Gap{
			What:      "which permissions delivery to " + arn + " requires",
			SettledBy: "AWS does not document this kind of target (" + aws.DeliveryTargetsAsOf() + "). Configure a queue, topic, function, event bus or bucket.",
		})
	}
	a.add(needs...)
}

func destinations(f *role.Function, _ aws.ARN) (a asked) {
	list, _ := known(&a, "destinations", f.Config.Destinations)
	for _, d := range list {
		for _, arn := range []string{d.Success, d.Failure} {
			if arn != "" {
				a.deliver(arn, "async/"+f.Name())
			}
		}
	}
	return a
}

// efs: every client can mount a file system without a policy, and whether it has one is not known.
// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
func efs(f *role.Function, p aws.ARN) (a asked) {
	for _, m := range mounts(&a, f, "elasticfilesystem") {
		for _, action := range []string{"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"} {
			n := on(p.In("elasticfilesystem", "file-system/fs-*").String(), carried, action)
			n.on = p.In("elasticfilesystem", "file-system/*").String()
			n.unless = role.Gap{
				What:      "whether the file system behind " + m.ARN + " has a file system policy, and what it allows",
				SettledBy: "Read the file system policy (`aws efs describe-file-system-policy`). Without a policy, every client can mount the file system.",
			}
			n.runes, n.which = named, role.Gap{
				What:      "the ID of the file system behind " + m.ARN,
				SettledBy: "Find the file system of the access point (`aws efs describe-access-points`). Policies allow the action on some file systems, and not on others.",
			}
			// A function that only reads does without.
			n.soft, n.from = action == "elasticfilesystem:ClientWrite", lambdaItself
			a.add(n)
		}
	}
	return a
}

func mounts(a *asked, f *role.Function, service string) (out []role.Mount) {
	list, _ := known(a, "file systems", f.Config.Mounts)
	for _, m := range list {
		p, err := aws.ParseARN(m.ARN)
		if err != nil {
			a.miss(notResource(m.ARN))
		} else if p.Service == service {
			out = append(out, m)
		}
	}
	return out
}

// s3Files: an access point's ARN has the file system's before it.
func s3Files(f *role.Function, _ aws.ARN) (a asked) {
	for _, m := range mounts(&a, f, "s3files") {
		system, _, isPoint := strings.Cut(m.ARN, "/access-point/")
		a.add(on(m.ARN, carried, "s3files:ClientMount"))
		if isPoint {
			a.add(on(system, carried, "s3files:ClientMount"))
		}
		a.add(softly(on(system, carried, "s3files:ClientWrite")))
		if a.readsDirectly(f, m) {
			a.add(directRead(m))
		}
	}
	return a
}

// autoMemory is the memory, in MB, from which on Lambda reads directly where the function leaves it to Lambda.
const autoMemory = 512

// readsDirectly reports whether Lambda reads a file system directly from its bucket. AUTO is the default:
// https://docs.aws.amazon.com/lambda/latest/api/API_S3FilesConfig.html
func (a *asked) readsDirectly(f *role.Function, m role.Mount) bool {
	switch m.DirectRead {
	case "ENABLED":
		return true
	case "DISABLED":
		return false
	}
	memory, ok := f.Config.Memory.Get()
	if !ok {
		a.miss(role.Gap{
			What: fmt.Sprintf("whether Lambda reads the file system %s directly from its bucket: it does so for functions with %d MB of memory or more, and the memory of the function is not known",
				m.ARN, autoMemory),
			SettledBy: cmp.Or(f.Config.Memory.Reason().SettledBy(), "Check MemorySize in the function's configuration."),
		})
	}
	return ok && memory >= autoMemory
}

// directRead is the reading of objects from the bucket of a file system. The ARN of the file system does not name the bucket. Lambda
// reads through the file system where the role may not read the bucket: https://docs.aws.amazon.com/lambda/latest/api/API_S3FilesConfig.html
func directRead(m role.Mount) need {
	n := softly(everywhere(carryUnknown, "s3:GetObject", "s3:GetObjectVersion"))
	n.unless = role.Gap{
		What:      "which bucket Lambda reads directly for the file system " + m.ARN + ", and whether the role may read its objects",
		SettledBy: "rolewatch does not read file systems. Find the bucket of the file system, and allow the role s3:GetObject and s3:GetObjectVersion on its objects.",
	}
	return n
}

// keys: Lambda asks the key for a grant when somebody configures the environment, and a grant needs nothing of the role.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
func keys(f *role.Function, _ aws.ARN) (a asked) {
	has, _ := known(&a, "environment", f.Environment)
	key, ok := known(&a, "key of the environment", f.KMSKey)
	if has && ok && key != "" {
		n := on(key, notCarried, "kms:Decrypt")
		n.unless = role.Gap{
			What:      "whether a grant allows the role to use the key " + key,
			SettledBy: "List the grants of the key (`aws kms list-grants --key-id " + key + "`), and check whether the role is the grantee of one.",
		}
		a.add(n)
	}
	return a
}

// durable: both actions take a durable execution, and Lambda authorizes them against its ARN.
func durable(f *role.Function, _ aws.ARN) (a asked) {
	if is, _ := known(&a, "durable configuration", f.Config.Durable); is {
		n := on(f.DurableExecution(), carried, "lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState")
		n.on, n.from = f.ARN+":*", code
		a.add(n)
	}
	return a
}

// layered reports whether the function has a layer of that name, of any publisher.
func layered(a *asked, f *role.Function, name string) bool {
	list, _ := known(a, "layers", f.Config.Layers)
	for _, arn := range list {
		layer, err := aws.ParseLayerARN(arn)
		if err != nil {
			a.miss(role.Gap{What: role.NotLayerVersion(arn), SettledBy: role.SettledByCorrection})
		} else if strings.HasPrefix(layer.Name, name) {
			return true
		}
	}
	return false
}

// insights is the extension of Lambda Insights, which writes to one log group of the account:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-Getting-Started.html
func insights(f *role.Function, p aws.ARN) (a asked) {
	if layered(&a, f, "LambdaInsightsExtension") {
		a.add(by(code, writeLog(p, "/aws/lambda-insights", anyName))...)
	}
	return a
}

// signals is AWS's distribution of OpenTelemetry, where its wrapper is on:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals-Enable-Lambda.html
func signals(f *role.Function, p aws.ARN) (a asked) {
	if !layered(&a, f, "AWSOpenTelemetryDistro") {
		return a
	}
	if wrapper, _ := known(&a, "wrapper", f.Config.Wrapper); strings.HasPrefix(wrapper, "/opt/otel-") {
		a.add(by(code, everywhere(carried, "xray:PutTraceSegments"), writeLog(p, "/aws/application-signals/data", anyName))...)
	}
	return a
}
