#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# The tenants of one machine: an honest one, who keeps a shop, and Eve, who tries everything.
#
#     tenant.pl shop NAME                 opens a shop of everything that can be reached; tells "open PORT" and stays
#     tenant.pl visit NAME PORT           tells "reached WHAT" for each part of that shop that can be reached from here, and
#                                         at last "looked"; also at the IPv4 addresses that may follow
#     tenant.pl raid PID NAME FILE...     attacks process PID (a number of the machine) and its machine
#
# A raid prints "refused WHAT: WHY" or "DONE WHAT", and nothing that it does would do harm if it were done: files are opened
# and not written, calls get arguments that change nothing.  Only modules of perl-base, which every Debian has.
use strict;
use warnings;
use Errno;
use Fcntl;
use POSIX ();
use Socket;

$| = 1;

my $arch = (POSIX::uname())[4];
my %numbers = $arch eq 'x86_64' ? (
	ptrace => 101, process_vm_readv => 310, syslog => 103, mount => 165, umount2 => 166, sethostname => 170,
	setdomainname => 171, init_module => 175, delete_module => 176, finit_module => 313, unshare => 272, setns => 308,
	reboot => 169, swapon => 167, settimeofday => 164, acct => 163, bpf => 321, perf_event_open => 298, keyctl => 250,
	add_key => 248, io_uring_setup => 425, userfaultfd => 323, open_by_handle_at => 304, kexec_load => 246,
	pivot_root => 155, fsopen => 430, open_tree => 428, move_mount => 429, mount_setattr => 442, pidfd_open => 434,
	sched_setscheduler => 144, quotactl => 179, personality => 135, iopl => 172, clone3 => 435, vhangup => 153,
	fanotify_init => 300, chroot => 161, kcmp => 312, clock_settime => 227, landlock => 444,
) : $arch eq 'aarch64' ? (
	ptrace => 117, process_vm_readv => 270, syslog => 116, mount => 40, umount2 => 39, sethostname => 161,
	setdomainname => 162, init_module => 105, delete_module => 106, finit_module => 273, unshare => 97, setns => 268,
	reboot => 142, swapon => 224, settimeofday => 170, acct => 89, bpf => 280, perf_event_open => 241, keyctl => 219,
	add_key => 217, io_uring_setup => 425, userfaultfd => 282, open_by_handle_at => 265, kexec_load => 104,
	pivot_root => 41, fsopen => 430, open_tree => 428, move_mount => 429, mount_setattr => 442, pidfd_open => 434,
	sched_setscheduler => 119, quotactl => 60, personality => 92, clone3 => 435, vhangup => 58, fanotify_init => 262,
	chroot => 51, kcmp => 272, clock_settime => 112,
) : die "tenant.pl does not know the system calls of $arch\n";

# The System V key of a shop: a number of its name.
sub key_of { return 0x15130000 | unpack('%16C*', $_[0]) }

# Keeps the shop NAME: each kind of thing by which processes meet.
sub shop {
	my ($name) = @_;
	my $key = key_of($name);

	$0 = "$name-shop";
	defined shmget($key, 4096, 01666) or die "shmget: $!\n";
	defined msgget($key, 01666) or die "msgget: $!\n";
	defined semget($key, 1, 01666) or die "semget: $!\n";
	socket(my $abstract, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
	bind($abstract, pack_sockaddr_un("\0$name-shop")) or die "bind: $!\n";
	listen($abstract, 5);
	socket(my $tcp, AF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
	bind($tcp, pack_sockaddr_in(0, INADDR_ANY)) or die "bind: $!\n";
	listen($tcp, 5);
	for my $file (places($name)) {
		open(my $out, '>', $file) or next;
		print $out "the gold of $name\n";
	}
	print 'open ', (unpack_sockaddr_in(getsockname($tcp)))[0], "\n";
	$SIG{TERM} = sub {
		shmctl(shmget($key, 0, 0), 0, 0);
		msgctl(msgget($key, 0), 0, 0);
		semctl(semget($key, 0, 0), 0, 0, 0);
		unlink places($name);
		exit 0;
	};
	sleep 1000 while 1;
}

# Files that two who share a file system would share; the machine may have no place for queues.
sub places { return map { "$_/$_[0]-gold" } '/tmp', '/dev/shm', -e '/dev/mqueue/.' ? '/dev/mqueue' : () }

sub connects {
	my ($domain, $address) = @_;
	socket(my $s, $domain, SOCK_STREAM, 0) or return 0;
	fcntl($s, F_SETFL, O_NONBLOCK);
	return 1 if connect($s, $address);
	return 0 unless $!{EINPROGRESS};
	my $ready = '';
	vec($ready, fileno($s), 1) = 1;
	return select(undef, $ready, undef, 0.3) > 0 && getsockopt($s, SOL_SOCKET, SO_ERROR) eq pack('i', 0);
}

sub visit {
	my ($name, $port, @addresses) = @_;
	my $key = key_of($name);
	my @reached;

	push @reached, 'shm' if defined shmget($key, 0, 0);
	push @reached, 'msg' if defined msgget($key, 0);
	push @reached, 'sem' if defined semget($key, 0, 0);
	push @reached, 'abstract' if connects(AF_UNIX, pack_sockaddr_un("\0$name-shop"));
	for my $address ('127.0.0.1', @addresses) {
		push @reached, 'tcp' if connects(AF_INET, pack_sockaddr_in($port, inet_aton($address)));
	}
	push @reached, grep { -e } places($name);
	for my $file (glob '/proc/[0-9]*/cmdline') {
		open(my $in, '<', $file) or next;
		push @reached, 'process' if (<$in> // '') =~ /^\Q$name\E-shop/;
	}
	print "reached $_\n" for @reached;
	print "looked\n";
}

sub report {
	my ($what, $done, $why) = @_;
	$why //= $!;
	print $done ? "DONE $what\n" : "refused $what: $why\n";
}

# A system call by its name, told.
sub call {
	my ($what, $name, @arguments) = @_;
	return unless exists $numbers{$name};
	report($what, syscall($numbers{$name}, @arguments) >= 0);
}

# Opening FILE for writing is told; it is never written.
sub opens {
	my ($what, $file, $flags) = @_;
	report("$what $file", sysopen(my $in, $file, $flags | O_NONBLOCK | O_NOCTTY));
}

# Writes to what concerns herself alone.
sub writes {
	my ($file, $text) = @_;
	my $open = sysopen(my $out, $file, O_WRONLY);
	report("write $text to $file", $open && defined syswrite($out, $text));
}

sub raid_process {
	my ($pid) = @_;
	my $buffer = "\0" x 8;
	my $mine = pack('P8Q', $buffer, 8);
	my $theirs = pack('QQ', 0x400000, 8);

	report("signal 0 to $pid", kill(0, $pid));
	report("SIGKILL to $pid", kill('KILL', $pid));
	call("ptrace seize $pid", 'ptrace', 0x4206, $pid, 0, 0);
	call("ptrace attach $pid", 'ptrace', 16, $pid, 0, 0);
	call("read the memory of $pid", 'process_vm_readv', $pid, $mine, 1, $theirs, 1, 0);
	call("hold $pid", 'pidfd_open', $pid, 0);
	opens('open', "/proc/$pid/mem", O_RDONLY);
	report("the root of $pid", opendir(my $dir, "/proc/$pid/root/"));
	opens('open', "/proc/$pid/ns/mnt", O_RDONLY);
}

sub raid_mounts {
	for ('/', '/tmp', '/proc', '/sys', '/dev') {
		my ($none, $type, $target) = ('none', 'tmpfs', $_);
		call("mount a tmpfs over $target", 'mount', $none, $target, $type, 0, 0);
		call("bind / over $target", 'mount', my $root = '/', $target, 0, 4096, 0);
		call("remount $target", 'mount', 0, $target, 0, 32, 0);
		call("unmount $target", 'umount2', $target, 2);
	}
	for my $masked ('/proc/kcore', '/proc/keys', '/proc/sys', '/sys/fs/cgroup', '/etc/hosts') {
		call("unmount $masked", 'umount2', my $target = $masked, 2);
	}
	call('fsopen', 'fsopen', my $type = 'tmpfs', 0);
	call('open_tree', 'open_tree', -100, my $root = '/', 1);
	call('mount_setattr', 'mount_setattr', -100, my $again = '/', 0x8000, pack('QQQQ', 0, 1, 0, 0), 32);
	call('pivot_root', 'pivot_root', my $new = '/', my $old = '/');
}

# Namespaces of her own, where she would be root over more of the kernel.
sub raid_namespaces {
	my %flags = (mount => 0x20000, cgroup => 0x02000000, uts => 0x04000000, ipc => 0x08000000, user => 0x10000000,
		pid => 0x20000000, net => 0x40000000, time => 0x80);
	for my $kind (sort keys %flags) {
		call("unshare $kind", 'unshare', $flags{$kind});
	}
	call('clone3 with namespaces', 'clone3', pack('Q8', 0x10020000, 0, 0, 0, 17, 0, 0, 0), 64);
	if (sysopen(my $ns, '/proc/self/ns/uts', O_RDONLY)) {
		call('setns', 'setns', fileno($ns), 0);
	}
	call('sethostname', 'sethostname', my $name = 'eve', 3);
	call('setdomainname', 'setdomainname', my $domain = 'eve', 3);
	report('hostname eve', system('hostname eve 2>/dev/null') == 0, 'the program failed');
}

# Leaves a chroot the way it is done where the root is not switched for good.
sub raid_root {
	my @before = stat '/';
	mkdir '/tmp/cell';
	chroot '/tmp/cell' or return report('chroot', 0);
	chdir '..' for 1 .. 64;
	chroot '.' or return report('chroot', 0);
	my @after = stat '/';
	report('leave the root by chroot', "@before[0, 1]" ne "@after[0, 1]", 'it is the same root');
}

sub raid_kernel {
	opens('write', $_, O_WRONLY) for '/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe',
		'/proc/sys/kernel/hostname', '/proc/sys/vm/panic_on_oom', '/proc/sys/fs/binfmt_misc/register',
		'/proc/sys/net/ipv4/ip_forward', '/sys/kernel/uevent_helper', '/sys/fs/cgroup/cgroup.procs',
		'/sys/fs/cgroup/release_agent', '/sys/fs/cgroup/pids.max', '/proc/irq/0/smp_affinity';
	opens('read', $_, O_RDONLY) for '/dev/kmsg', '/dev/mem', '/dev/port', '/dev/vda', '/dev/sda', '/dev/loop-control',
		'/dev/fuse', '/dev/net/tun', '/dev/kvm';
	for my $file ('/proc/kcore', '/proc/kmsg', '/proc/kallsyms', '/proc/keys', '/proc/timer_list', '/proc/config.gz') {
		my $open = sysopen(my $in, $file, O_RDONLY | O_NONBLOCK);
		report("read $file", $open && (sysread($in, my $text, 100) // 0) > 0, 'nothing is in it');
	}
	call('read the kernel log', 'syslog', 3, my $log = "\0" x 256, 256);
	call('load a module', 'init_module', my $image = '', 0, my $words = '');
	call('load a module by file', 'finit_module', 0, my $none = '', 0);
	call('unload a module', 'delete_module', my $module = 'no_such', 0);
	call('reboot', 'reboot', 0xfee1dead, 672274793, 0, 0); # CAD off, which it mostly is
	call('swapon', 'swapon', my $swap = '/nowhere', 0);
	call('settimeofday', 'settimeofday', 0, pack('ii', 0, 0));
	call('account', 'acct', 0);
	call('bpf', 'bpf', 0, pack('L16', 2, 4, 4, 1), 64);
	call('perf_event_open', 'perf_event_open', pack('LLQ14', 1, 112, 0), 0, -1, -1, 0);
	call('keyctl', 'keyctl', 0, -3, 1);
	call('add_key', 'add_key', my $kind = 'user', my $key = 'eve', my $value = 'x', 1, -3);
	call('io_uring', 'io_uring_setup', 1, "\0" x 120);
	call('userfaultfd', 'userfaultfd', 0);
	call('open_by_handle_at', 'open_by_handle_at', -100, pack('LlQ', 8, 1, 2), 0);
	call('kexec', 'kexec_load', 0, 0, 0, 0);
	call('fanotify', 'fanotify_init', 0, 0);
	call('a real-time priority', 'sched_setscheduler', 0, 1, pack('i', 1));
	report('nice -20', defined POSIX::nice(-20));
	writes('/proc/self/uid_map', '0 0 1');
	writes('/proc/self/oom_score_adj', '-500');
	raid_devices();
}

# An engine's own disk and memory, by numbers of the kernel.
sub raid_devices {
	my @devices = (['b', 8, 0], ['b', 254, 0], ['b', 259, 0], ['c', 1, 1], ['c', 1, 11], ['c', 10, 229]);
	for my $dir ('/tmp', '/dev') {
		for (@devices) {
			my ($type, $major, $minor) = @$_;
			my $made = system("mknod $dir/node-$major-$minor $type $major $minor 2>/dev/null") == 0;
			report("mknod $type $major:$minor in $dir", $made, 'the program failed');
		}
	}
	for ([17, 3], [40, 1], [38, 5], [16, 3, 15]) { # packets, the hypervisor, kernel crypto, kernel events
		my ($domain, $type, $protocol) = @$_;
		report("socket of family $domain", socket(my $s, $domain, $type, $protocol // 0)) if $domain != 16;
	}
	report('raw socket', socket(my $raw, AF_INET, SOCK_RAW, 1));
}

# Whatever below /proc/sys and /sys can be opened for writing.
sub raid_files {
	my @dirs = ('/proc/sys', '/sys');
	my $count = 0;
	while (defined(my $dir = pop @dirs)) {
		opendir(my $in, $dir) or next;
		for my $name (readdir $in) {
			next if $name eq '.' or $name eq '..';
			my $path = "$dir/$name";
			next if -l $path;
			if (-d _) {
				push @dirs, $path;
			} elsif (-f _) {
				$count++;
				report("write $path", 1) if sysopen(my $out, $path, O_WRONLY | O_NONBLOCK);
			}
		}
	}
	report("write any of $count files of the kernel", 0, 'none of them') if $count > 100;
}

sub raid {
	my ($pid, $name, @files) = @_;

	raid_process($pid);
	opens('read', $_, O_RDONLY) for @files;
	raid_mounts();
	raid_namespaces();
	raid_kernel();
	raid_files();
	raid_root();
	report("find $name by kill -1", 0, 'nobody else is here') if kill(0, -1) <= 0;
	print "raid over\n";
}

my $verb = shift // '';
my %verbs = (shop => \&shop, visit => \&visit, raid => \&raid);
($verbs{$verb} // die "usage: tenant.pl shop|visit|raid ...\n")->(@ARGV);
