//! What notices say of licences.

use super::*;
use Precision::{Exact, Imprecise};

/// Headers as they stand in real packages, shortened only behind what is recognised.
const HEADERS: &[(&str, &str, &str, Precision)] = &[
    (
        "chardet in sqlmap",
        "######## BEGIN LICENSE BLOCK ########\n# The Original Code is Mozilla Communicator client code.\n#\n# This library is free software; you can redistribute it and/or\n# modify it under the terms of the GNU Lesser General Public\n# License as published by the Free Software Foundation; either\n# version 2.1 of the License, or (at your option) any later version.\n#\n# You should have received a copy of the GNU Lesser General Public\n# License along with this library\nimport x",
        "LGPL-2.1-or-later",
        Exact,
    ),
    (
        "ansible module",
        "#!/usr/bin/python\n# -*- coding: utf-8 -*-\n\n# Copyright: (c) 2012, Michael DeHaan\n# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)\n",
        "GPL-3.0-or-later",
        Exact,
    ),
    (
        "ansible module_utils",
        "# Copyright (c), Michael DeHaan\n# Simplified BSD License (see licenses/simplified_bsd.txt or https://opensource.org/licenses/BSD-2-Clause)\n\nfrom __future__ import annotations\n",
        "BSD-2-Clause",
        Exact,
    ),
    (
        "pretix",
        "#\n# This program is free software: you can redistribute it and/or modify it under the terms of the GNU Affero General\n# Public License as published by the Free Software Foundation in version 3 of the License.\n#\n# ADDITIONAL TERMS APPLY: Pursuant to Section 7 of the GNU Affero General Public License, additional terms are\n# applicable.\n\n# This file is based on an earlier version of pretix which was released under the Apache License 2.0. The full text of\n# the Apache License 2.0 can be obtained at <http://www.apache.org/licenses/LICENSE-2.0>.\n#\n# Unless required by applicable law or agreed to in writing, software distributed under the Apache License 2.0 is\n# distributed on an \"AS IS\" BASIS\nimport x",
        "AGPL-3.0-only AND Apache-2.0",
        Exact,
    ),
    (
        "two versions of the GPL",
        "# This program is free software; you can redistribute it and/or modify it under the terms of the\n# GNU General Public License as published by the Free Software Foundation; either version 2 or 3 of\n# the License (at your option).\n",
        "GPL-2.0-only OR GPL-3.0-only",
        Exact,
    ),
    (
        "one of two tags",
        "/** A thing\n* @license https://www.apache.org/licenses/LICENSE-2.0 Apache License, Version 2.0\n* @license https://www.gnu.org/licenses/gpl-2.0.html GNU General Public License, version 2 (one or other)\n*/\n",
        "GPL-2.0-only OR Apache-2.0",
        Exact,
    ),
    (
        "mercurial",
        "# changelog.py\n#\n# This software may be used and distributed according to the terms of the\n# GNU General Public License version 2 or any later version.\n",
        "GPL-2.0-or-later",
        Exact,
    ),
    (
        "glassfish",
        "/*\n * The contents of this file are subject to the terms of either the GNU\n * General Public License Version 2 only (\"GPL\") or the Common Development\n * and Distribution License(\"CDDL\") (collectively, the \"License\").\n *\n * This file incorporates work covered by the following notice:\n *\n * Licensed under the Apache License, Version 2.0 (the \"License\");\n */\n",
        "(CDDL-1.0 AND CDDL-1.1 OR GPL-2.0-only) AND Apache-2.0",
        Imprecise,
    ),
    (
        "zlib with an acknowledgement",
        "// Permission is granted to anyone to use this software for any purpose.\n// If you use this software in a product, an acknowledgment\n// in the product documentation is required.\n// Altered source versions must be plainly marked as such, and must not be\n// misrepresented as being the original software.\n",
        "zlib-acknowledgement",
        Exact,
    ),
    (
        "an example in documentation",
        "//! Tags look so:\n//! ```text\n//! SPDX-License-Identifier: GPL-3.0-only\n//! ```\n//! SPDX-License-Identifier: MIT\n",
        "MIT",
        Exact,
    ),
    ("scapy", "# SPDX-License-Identifier: WTFPL\n# This file is part of Scapy\n", "WTFPL", Exact),
    (
        "yolov5, new",
        "# YOLOv5 \u{1f680} by Ultralytics, AGPL-3.0 license\n\"\"\"\nCommon modules\n\"\"\"\n",
        "AGPL-3.0-only",
        Imprecise,
    ),
    ("yolov5, old", "# YOLOv5 by Ultralytics, GPL-3.0 license\n", "GPL-3.0-only", Imprecise),
    (
        "pydevd",
        "\"\"\"\nLicense: Apache 2.0\nAuthor: Yuli Fitterman\n\"\"\"\nimport types",
        "Apache-2.0",
        Exact,
    ),
    (
        "IPython in pydevd",
        "#-----\n#  Distributed under the terms of the BSD License.  The full license is in\n#  the file COPYING, distributed as part of this software.\n#-----",
        "BSD-3-Clause",
        Imprecise,
    ),
    (
        "matplotlib style",
        "# Distributed under the terms of the Modified BSD License.\n",
        "BSD-3-Clause",
        Exact,
    ),
    (
        "paho",
        "# All rights reserved. This program and the accompanying materials\n# are made available under the terms of the Eclipse Public License v2.0\n# and Eclipse Distribution License v1.0 which accompany this distribution.\n",
        "EPL-2.0 AND BSD-3-Clause",
        Exact,
    ),
    (
        "Linux style",
        "/*\n * This program is free software; you can redistribute it and/or modify\n * it under the terms of the GNU General Public License version 2 as\n * published by the Free Software Foundation.\n */\nint x;",
        "GPL-2.0-only",
        Exact,
    ),
    (
        "GPL version before the name",
        "// This file is licensed under version 3 of the GNU General Public License.\n",
        "GPL-3.0-only",
        Exact,
    ),
    (
        "Go style",
        "// Copyright 2009 The Go Authors. All rights reserved.\n// Use of this source code is governed by a BSD-style\n// license that can be found in the LICENSE file.\n\npackage main",
        "BSD-3-Clause",
        Imprecise,
    ),
    (
        "Rust style",
        "// Licensed under the Apache License, Version 2.0 <LICENSE-APACHE or\n// http://www.apache.org/licenses/LICENSE-2.0> or the MIT license\n// <LICENSE-MIT or http://opensource.org/licenses/MIT>, at your\n// option.\nfn main() {}",
        "Apache-2.0 OR MIT",
        Exact,
    ),
    (
        "Apache notice",
        "# Licensed under the Apache License, Version 2.0 (the \"License\");\n# you may not use this file except in compliance with the License.\n#     http://www.apache.org/licenses/LICENSE-2.0\n# See the License for the specific language governing permissions\n",
        "Apache-2.0",
        Exact,
    ),
    (
        "MPL notice",
        "/* This Source Code Form is subject to the terms of the Mozilla Public\n * License, v. 2.0. If a copy of the MPL was not distributed with this\n * file, You can obtain one at http://mozilla.org/MPL/2.0/. */",
        "MPL-2.0",
        Exact,
    ),
    (
        "MIT text",
        "\"\"\"\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software, to deal in the Software without restriction.\nThe above copyright notice and this permission notice shall be included in all copies.\n\"\"\"",
        "MIT",
        Exact,
    ),
    (
        "BSD text",
        "# Redistribution and use in source and binary forms, with or without\n# modification, are permitted provided that:\n# 2. Redistributions in binary form must reproduce the above copyright\n# 3. Neither the name of the copyright holder\n",
        "BSD-3-Clause",
        Exact,
    ),
    (
        "ISC text",
        "/* Permission to use, copy, modify, and/or distribute this software for any\n * purpose with or without fee is hereby granted, provided that the above\n * copyright notice and this permission notice appear in all copies. */",
        "ISC",
        Exact,
    ),
    (
        "Mozilla's three",
        "/* ***** BEGIN LICENSE BLOCK *****\n * Version: MPL 1.1/GPL 2.0/LGPL 2.1\n *\n * The contents of this file are subject to the Mozilla Public License Version 1.1 (the \"License\").\n * Alternatively, the contents of this file may be used under the terms of\n * either the GNU General Public License Version 2 or later (the \"GPL\"), or\n * the GNU Lesser General Public License Version 2.1 or later (the \"LGPL\"),\n * in which case the provisions of the GPL or the LGPL are applicable. */",
        "MPL-1.1 OR GPL-2.0-or-later OR LGPL-2.1-or-later",
        Exact,
    ),
    ("SPDX, deprecated", "// SPDX-License-Identifier: GPL-2.0+\n", "GPL-2.0-or-later", Exact),
    (
        "SPDX in a block",
        "/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */",
        "GPL-2.0-only OR MIT",
        Exact,
    ),
    (
        "SPDX twice",
        "# SPDX-License-Identifier: MIT\n# SPDX-License-Identifier: Apache-2.0\n",
        "MIT AND Apache-2.0",
        Exact,
    ),
    (
        "SPDX of a snippet",
        "# SPDX-License-Identifier: MIT\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: ISC\n# SPDX-SnippetEnd\n",
        "MIT",
        Exact,
    ),
    ("CPython", "# Licensed to PSF under a Contributor Agreement.\n", "Python-2.0.1", Imprecise),
    (
        "zope",
        "# This software is subject to the provisions of the Zope Public License,\n# Version 2.1 (ZPL).  A copy of the ZPL should accompany this distribution.\n",
        "ZPL-2.1",
        Exact,
    ),
    ("MIT in a word", "# Released under the MIT License.\n", "MIT", Exact),
    ("the file of git", "# This file is GPLv2 as found in COPYING.\n", "GPL-2.0-only", Imprecise),
    ("EUPL", "# Licensed under the EUPL, Version 1.2 or later\n", "EUPL-1.2", Exact),
    (
        "NCSA",
        "// This file is distributed under the University of Illinois Open Source\n// License. See LICENSE.TXT for details.\n",
        "NCSA",
        Exact,
    ),
    (
        "OpenSSL",
        "/* Licensed under the OpenSSL license (the \"License\").\n */\nint x;",
        "OpenSSL",
        Exact,
    ),
    (
        "bzip2",
        "/* This program is released under the bzip2 license. */\nint x;",
        "bzip2-1.0.6",
        Imprecise,
    ),
    ("NumPy", "# License: NumPy (BSD style) license\n", "BSD-3-Clause", Imprecise),
    (
        "CC0 of Mozilla",
        "/* Any copyright is dedicated to the Public Domain.\n * http://creativecommons.org/publicdomain/zero/1.0/ */",
        "CC0-1.0",
        Exact,
    ),
    (
        "an answer of a forum",
        "# Licensed under the Creative Commons Attribution-ShareAlike 4.0 International License\n",
        "CC-BY-SA-4.0",
        Exact,
    ),
    (
        "one of Creative Commons that no table has is not taken for the plainest",
        "# Released under a Creative Commons Attribution-Noncommercial-No Derivative Works 3.0 United States License\n",
        "LicenseRef-Creative-Commons",
        Imprecise,
    ),
    (
        "Solderpad is not Apache",
        "# SOLDERPAD HARDWARE LICENSE version 0.51\n#\n# This license is based closely on the Apache License Version 2.0, but is not approved\n",
        "SHL-0.5 AND SHL-0.51",
        Imprecise,
    ),
    (
        "an exception",
        "# This program is free software; you can redistribute it and/or modify it under the terms of the GNU General Public\n# License as published by the Free Software Foundation; either version 2 of the License, or (at your option) any later\n# version.\n#\n# As a special exception to the GNU General Public License, if you distribute this file as part of a program that\n# contains a configuration script generated by Autoconf, you may include it under the same distribution terms.\n",
        "GPL-2.0-or-later WITH Autoconf-exception-generic",
        Exact,
    ),
    (
        "ImageMagick",
        "/*\n  Licensed under the ImageMagick License (the \"License\"); you may not use\n  this file except in compliance with the License.\n*/\nint x;",
        "ImageMagick",
        Exact,
    ),
    (
        "an identifier that no table names",
        "# License: Unicode-DFS-2016\n",
        "Unicode-DFS-2016",
        Exact,
    ),
    ("Creative Commons", "# This code is distributed under CC BY-SA 3.0.\n", "CC-BY-SA-3.0", Exact),
    ("a version of a country", "# Licensed under CC BY 3.0 US.\n", "CC-BY-3.0-US", Exact),
    ("GPLv3 in a word", "# License: GPLv3\n", "GPL-3.0-only", Imprecise),
];

/// Headers that state several licences, or one whose name begins like that of a plainer one.
const NOT_PLAINER: &[(&str, &str)] = &[
    ("The MIT License (MIT) + Apache 2.0.", "MIT AND Apache-2.0"),
    ("Licensed under permissive Apache 2.0 and MIT license.", "Apache-2.0 AND MIT"),
    ("The main license is AGPL-3.0-only. Texts are under CC-BY-4.0", "AGPL-3.0-only AND CC-BY-4.0"),
    (
        "The window is governed by the Apache License version 2.0. The rest is\ngoverned by the GNU Lesser General Public License version 2.1.",
        "LGPL-2.1-only AND Apache-2.0",
    ),
    (
        "This is licensed under GPLv2+, LGPLv2+, (Apache 2.0 OR MIT).",
        "(Apache-2.0 OR MIT) AND GPL-2.0-or-later AND LGPL-2.0-or-later",
    ),
    (
        "Licensed under the terms of either the GNU General Public License version 2.0 or\nlater (see the file COPYING) or the GNU Lesser General Public License version 3.0 or later.\n\nThe tools are licensed under the GNU General Public License version 3.0 or later.",
        "(GPL-2.0-or-later OR LGPL-3.0-or-later) AND GPL-3.0-or-later",
    ),
    (
        "You can redistribute it under the terms of the GNU Lesser General Public\nLicense; either version 2.1 of the License, or (at your option) any later version.\nThis part is dual-licensed under the ISC and MIT licenses.",
        "(ISC OR MIT) AND LGPL-2.1-or-later",
    ),
    (
        "The module is dual licensed under Foo and BAR. Its help is licensed under the\nApache License, Version 2.0, its tests are licensed under the MIT license.",
        "Apache-2.0 AND MIT",
    ),
    (
        "This code is placed into the public domain under the terms of the GNU Public License.",
        "LicenseRef-Public-Domain AND GPL-2.0-only AND GPL-3.0-only",
    ),
    ("Mostly governed by the Lesser GNU Public License (LGPL).", "LGPL-2.1-only AND LGPL-3.0-only"),
    ("Released under the BSD Protection License.", "BSD-Protection"),
    (
        "You can redistribute it under the terms of the GNU General Public License as published by the Free Software\nFoundation, either version 2 of the License, or any later version.\n\nThe packaging is licensed under the GPL version 3, see above.",
        "GPL-2.0-or-later AND GPL-3.0-only",
    ),
    (
        "Sie k\u{f6}nnen es unter den Bedingungen der GNU General Public License weitergeben, entweder gem\u{e4}\u{df}\nVersion 3 der Lizenz oder (nach Ihrer Option) jeder sp\u{e4}teren Version.",
        "GPL-3.0-or-later",
    ),
    (
        "The toolkit is licensed under an Apache-style licence.",
        "Apache-2.0 AND LicenseRef-More-Terms",
    ),
    (
        "This software is subject to the provisions of the BSD-like license at\nhttp://www.example.org/LICENSE.txt.",
        "BSD-3-Clause-Modification",
    ),
    ("Licensed under an MIT license, plus a clause on names.", "MIT AND LicenseRef-More-Terms"),
    (
        "Its code is licensed under the MIT license, its data are available under the Open Database License.",
        "MIT AND ODbL-1.0",
    ),
    (
        "Use of this software is governed by the Business Source License. Later it will be\ngoverned by the Apache License, Version 2.0.",
        "BUSL-1.1 AND Apache-2.0",
    ),
    (
        "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.\n\nThis Source Code Form is \"Incompatible With Secondary Licenses\", as defined by it.",
        "MPL-2.0-no-copyleft-exception",
    ),
];

#[test]
fn no_licence_of_several_is_lost() {
    for (text, expected) in NOT_PLAINER {
        let commented: String = text.lines().map(|line| format!("# {line}\n")).collect();
        let fact = header(commented.as_bytes()).unwrap_or_else(|| panic!("{text}: nothing found"));
        let found = fact.expression.as_ref().map_or("-", LicenseExpression::as_str);
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn how_a_notice_is_to_be_kept_is_not_lost() {
    let two = spdx::license_id("BSD-2-Clause").expect("listed").text();
    let text = two.replacen(
        "and the following disclaimer.",
        "and the following disclaimer as the first lines of this file unmodified.",
        1,
    );
    assert_ne!(text, two);
    let fact = super::super::from_license_text(&text).expect("a licence");
    let found = fact.expression.map(|it| it.to_string());
    assert_eq!(found.as_deref(), Some("BSD-2-Clause-first-lines"));
}

/// Files that talk of licences and state none.
const SILENT: &[&str] = &[
    "",
    "import os\n# License: MIT\n",
    "# See the LICENSE file.\n",
    "\"\"\"Parses licence headers such as MIT or GPL.\"\"\"\n",
    "# This module is not compatible with the GNU General Public License version 2.\n",
    "x = 'SPDX-License-Identifier: MIT'\n",
    "# https://www.gnu.org/licenses/gpl-3.0.txt license text\n",
    "# a python license checker for boost\n",
    "# gnu",
    "# Code of others cannot be licensed under the MIT licence.\n",
    "/* It derives from Mozilla Firefox, and was originally licensed under the Mozilla Public\n * License 2.0. We subsequently relicensed it to another licence. */\n",
    "# It may be combined with software that is licensed under the GPLv2.\n",
    "# Source: https://example.org/stack.R\n# License: GPL-3\n# Relicensed as MIT with permission.\n",
    "# Licenses that may be chosen:\n# MIT license\n# Apache License 2.0\n# MPL-2.0 license\n# BSD-3-Clause license\n# GPL v3 license\n",
    "\u{0}\u{1}\u{feff}/*",
];

#[test]
fn headers_of_real_files_are_read() {
    for (name, text, expression, precision) in HEADERS {
        let fact = header(text.as_bytes()).unwrap_or_else(|| panic!("{name}: nothing found"));
        let found = fact.expression.as_ref().map_or("-", LicenseExpression::as_str);
        assert_eq!((found, fact.precision), (*expression, *precision), "{name}: {}", fact.declared);
        assert_eq!(fact.learned_from, LearnedFrom::FileHeader);
    }
}

/// Licences whose grant reads like that of a plainer one.
const KIN: [&str; 16] = [
    "JSON",
    "NCSA",
    "ICU",
    "Sleepycat",
    "Apache-1.1",
    "Apache-1.0",
    "OpenSSL",
    "BSD-3-Clause-Clear",
    "AAL",
    "BSD-3-Clause-No-Nuclear-License",
    "BSD-3-Clause-Attribution",
    "X11",
    "BSD-3-Clause-LBNL",
    "Xnet",
    "Unicode-DFS-2016",
    "Unicode-DFS-2015",
];

#[test]
fn a_licence_in_a_header_is_not_read_as_a_plainer_one() {
    for id in KIN {
        let text = spdx::license_id(id).expect(id).text();
        let commented: String = text.lines().map(|line| format!("# {line}\n")).collect();
        let fact = header(commented.as_bytes()).unwrap_or_else(|| panic!("{id}: nothing found"));
        let found = fact.expression.as_ref().map_or("-", LicenseExpression::as_str);
        assert!(found == id || found.contains("LicenseRef-More-Terms"), "{id}: {found}");
        assert!(found == id || fact.precision == Imprecise, "{id}: {found}");
    }
}

#[test]
fn a_notice_to_be_kept_is_not_lost() {
    let mit = spdx::license_id("MIT").expect("listed").text();
    let mesa = mit.replace(
        "permission notice shall be",
        "permission notice (including the next paragraph) shall be",
    );
    assert_ne!(mit, mesa);
    let fact =
        header(mesa.lines().map(|line| format!("# {line}\n")).collect::<String>().as_bytes())
            .unwrap();
    assert_eq!((fact.expression.unwrap().as_str(), fact.precision), ("MIT", Exact));
}

#[test]
fn what_goes_beyond_a_licence_is_told() {
    let mit = spdx::license_id("MIT").expect("listed").text();
    let more = mit.replace(
        "THE SOFTWARE IS PROVIDED",
        "You must send each change to the authors.\n\nTHE SOFTWARE IS PROVIDED",
    );
    let fact = super::super::from_license_text(&more).unwrap();
    assert_eq!(fact.expression.unwrap().as_str(), "MIT AND LicenseRef-More-Terms");
    assert_eq!(
        fact.declared,
        "MIT, with 1 sentence more: You must send each change to the authors."
    );
    assert_eq!(fact.precision, Imprecise);
}

/// A module's docstring is no term of the licence in the comments above it.
#[test]
fn a_docstring_behind_the_comments_is_no_term() {
    let grant = "Permission to use, copy, modify, and distribute this software and\n# its documentation for any purpose and without fee is hereby granted,\n# provided that the above copyright notice appear in all copies and that\n# both that copyright notice and this permission notice appear in\n# supporting documentation.";
    let text = |more: &str| format!("# Copyright 1999 Ada\n#\n# {grant}\n{more}\nimport os\n");
    let docstring =
        "\n\"\"\"A queue.\n\nThere are two ways for a program to wait on one processor.\n\"\"\"";
    let read = |more: &str| header(text(more).as_bytes()).expect("a licence");
    assert_eq!(read(docstring), read(""));
    let comment = "#\n# The program must not run on one processor.";
    assert_ne!(read(comment), read(""));
}

#[test]
fn files_that_state_no_licence_are_silent() {
    for text in SILENT {
        let found = header(text.as_bytes()).and_then(|fact| fact.expression);
        assert_eq!(found.map(|e| e.to_string()), None, "{text}");
    }
}

#[test]
fn an_unreadable_tag_is_a_fact_without_an_expression() {
    let fact = header(b"# SPDX-License-Identifier: Own-Terms\n").unwrap();
    assert_eq!((fact.expression, fact.declared.as_str()), (None, "Own-Terms"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(?s)([#/*\"' \n]|gnu|gpl|v2\\+|version|license[d]?|under|the|or|later|SPDX-License-Identifier: |\\PC){0,60}") {
        header(text.as_bytes());
        super::super::normalize_declaration(&text);
    }
}
