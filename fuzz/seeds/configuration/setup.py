from setuptools import setup
N = "a"
setup(name="a", license='MIT', classifiers=["x",
 "License :: OSI Approved :: BSD License"], install_requires=["b>=1"] + R, **k)
